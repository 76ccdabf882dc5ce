// What the theme leaves out for screen readers and the keyboard.
(() => {
  "use strict";

  // A page opened from a file may not read the others for the lines around a search result.
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  const name = (selector, label) => {
    for (const element of document.querySelectorAll(selector)) {
      if (!element.getAttribute("aria-label")) element.setAttribute("aria-label", label);
    }
  };

  // What a page shows must lie in a part that screen readers list.
  const landmark = (selector, label) => {
    name(selector, label);
    for (const element of document.querySelectorAll(selector)) {
      if (!element.hasAttribute("role")) element.setAttribute("role", "region");
    }
  };

  // A box that scrolls must be reachable by the keyboard, and then it needs a name.
  const reachScrollers = () => {
    const boxes = "pre, div.math, mjx-container[display=true], .pst-scrollable-table-container";
    for (const box of document.querySelectorAll(boxes)) {
      const scrolls = box.scrollWidth > box.clientWidth;
      if (scrolls && !box.hasAttribute("tabindex")) box.tabIndex = 0;
    }
  };

  const repair = () => {
    name("input[type=search], input[name=q]", "Search the book");
    landmark("#pst-primary-sidebar", "Contents of the book");
    // docutils gives the entries a role that ARIA no longer allows on them inside its list.
    for (const entry of document.querySelectorAll("div[role=doc-biblioentry]")) {
      entry.setAttribute("role", "listitem");
    }
    reachScrollers();
  };

  document.addEventListener("DOMContentLoaded", repair);
  window.addEventListener("load", () => {
    reachScrollers();
    // Formulas get their width only when MathJax has set them.
    const typeset = window.MathJax && window.MathJax.startup && window.MathJax.startup.promise;
    if (typeset) typeset.then(reachScrollers);
  });
  window.addEventListener("resize", reachScrollers);
})();
