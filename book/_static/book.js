// What the theme leaves out for screen readers and the keyboard.
(() => {
  "use strict";

  const name = (selector, label) => {
    for (const element of document.querySelectorAll(selector)) {
      if (!element.getAttribute("aria-label")) element.setAttribute("aria-label", label);
    }
  };

  // A box that scrolls must be reachable by the keyboard, and then it needs a name.
  const reachScrollers = () => {
    const boxes = "pre, div.math, mjx-container[display=true], .pst-scrollable-table-container";
    for (const box of document.querySelectorAll(boxes)) {
      const scrolls = box.scrollWidth > box.clientWidth + 1;
      if (scrolls && !box.hasAttribute("tabindex")) box.tabIndex = 0;
    }
  };

  const repair = () => {
    name("input[type=search], input[name=q]", "Search the book");
    name("#pst-primary-sidebar, .bd-sidebar-primary", "Contents of the book");
    name("#pst-secondary-sidebar, .bd-sidebar-secondary", "Contents of this page");
    reachScrollers();
  };

  document.addEventListener("DOMContentLoaded", repair);
  window.addEventListener("load", reachScrollers);
  window.addEventListener("resize", reachScrollers);
})();
