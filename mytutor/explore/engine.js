/* The explorables of a page: reads descriptions, builds controls, draws what the models return.

   The page pushes {id, load} onto `tutorExplorables`, before or after this file is loaded; `load`
   takes the functions of this file and returns a description {title, layout, steps, controls,
   sliders, views, data, model}. `model(values, data)` is a pure function and returns
   {views: {name: plot}, status, ends, jumps}. The first part of this file runs without a page, so
   that its numbers can be tested in bare V8. */

const tutor = (() => {
  "use strict";

  // -- numbers: the same text and the same grids as in mytutor.explore ---------------------------

  const MINUS = "\u2212";
  const MANTISSAS = (
    "1 1.1 1.2 1.3 1.5 1.6 1.8 2 2.2 2.4 2.7 3 3.3 3.6 3.9 4.3 4.7 5.1 5.6 6.2 6.8 7.5 8.2 9.1"
  ).split(" ");

  function number(value) {
    if (Number.isNaN(value)) return "not a number";
    const minus = value < 0 ? MINUS : "";
    const size = Math.abs(value);
    if (size === Infinity) return minus + "infinity";
    if (size === 0) return "0";
    const [mantissa, power] = size.toExponential(2).split("e");
    const exponent = Number(power);
    if (exponent < -3 || exponent >= 5) return `${minus}${trimmed(mantissa)}e${exponent}`;
    return minus + trimmed(Number(`${mantissa}e${exponent}`).toFixed(Math.max(0, 2 - exponent)));
  }

  function trimmed(text) {
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  }

  function decade(exponent) {
    return Number(`1e${exponent}`);
  }

  function grid(slider) {
    const { low, high, step, scale } = slider;
    const values = [];
    if (scale === "linear") {
      const count = Math.round((high - low) / step);
      for (let i = 0; i <= count; i++) values.push(Number((low + i * step).toFixed(10)));
      return values;
    }
    if (scale === "log") {
      const last = Math.round(Math.log10(high));
      for (let decade = Math.round(Math.log10(low)); decade < last; decade++)
        for (const mantissa of MANTISSAS) values.push(Number(`${mantissa}e${decade}`));
      return [...values, high];
    }
    for (let i = 0; i < 18; i++) values.push(Number((0.05 * i).toFixed(2)));
    for (let digits = 2; digits < 5; digits++)
      for (let i = 10; i > 1; i--) values.push(Number((1 - i * 10 ** -digits).toFixed(digits)));
    return [...values.filter((value) => value < high), high];
  }

  function nearest(values, value) {
    let best = 0;
    for (let i = 1; i < values.length; i++)
      if (Math.abs(values[i] - value) < Math.abs(values[best] - value)) best = i;
    return best;
  }

  // -- values: what the controls of a description start with -------------------------------------

  function startValues(description) {
    const values = {};
    for (const control of description.controls) {
      if (control.kind === "button") continue;
      values[control.name] = control.value;
      if (control.kind !== "rule") continue;
      for (const [rule, sliders] of Object.entries(description.sliders))
        for (const slider of sliders) {
          const key = `${rule}.${slider.name}`;
          values[`${control.name}.${key}`] = control.start[key] ?? slider.value;
        }
    }
    if (description.steps !== null) values.shown = stepsOf(description, values);
    return values;
  }

  function stepsOf(description, values) {
    return typeof description.steps === "string" ? values[description.steps] : description.steps;
  }

  function choose(description, values, name, option) {
    // A choice may bring other values along; "*" stands for every choice of a rule.
    const control = description.controls.find((one) => one.name === name);
    const rules = description.controls.filter((one) => one.kind === "rule");
    values[name] = option;
    for (const [key, value] of Object.entries(control.sets?.[option] ?? {}))
      if (key.startsWith("*")) for (const rule of rules) values[rule.name + key.slice(1)] = value;
      else values[key] = value;
  }

  function frame(description, values) {
    return description.model(values, description.data);
  }

  // -- fields: the heights of a surface on a grid, and the lines of equal height ------------------

  function heights(value, x, y, size) {
    const rows = [];
    let low = Infinity;
    let high = -Infinity;
    for (let j = 0; j <= size; j++) {
      const row = new Float64Array(size + 1);
      const b = y.low + ((y.high - y.low) * j) / size;
      for (let i = 0; i <= size; i++) {
        row[i] = value(x.low + ((x.high - x.low) * i) / size, b);
        if (row[i] < low) low = row[i];
        if (row[i] > high) high = row[i];
      }
      rows.push(row);
    }
    return { rows, low, high, size };
  }

  function levels(low, high, spacing, count) {
    const found = [];
    for (let i = 0; i < count; i++) {
      const part = spacing === "log" ? 10 ** (-3.2 + (3.1 * i) / (count - 1)) : (i + 0.5) / count;
      found.push(low + (high - low) * part);
    }
    return found;
  }

  function contour(rows, size, level) {
    // Marching squares: for every cell the segments between the crossings of its four edges.
    const segments = [];
    for (let j = 0; j < size; j++)
      for (let i = 0; i < size; i++) {
        const [a, b, c, d] = [rows[j][i], rows[j][i + 1], rows[j + 1][i + 1], rows[j + 1][i]];
        const crossed = [];
        if (a > level !== b > level) crossed.push(i + (level - a) / (b - a), j);
        if (b > level !== c > level) crossed.push(i + 1, j + (level - b) / (c - b));
        if (d > level !== c > level) crossed.push(i + (level - d) / (c - d), j + 1);
        if (a > level !== d > level) crossed.push(i, j + (level - a) / (d - a));
        for (let k = 0; k + 3 < crossed.length; k += 4) segments.push(crossed.slice(k, k + 4));
      }
    return segments;
  }

  return { number, decade, grid, nearest, startValues, stepsOf, choose, frame, heights, levels, contour };
})();

// -- the page ------------------------------------------------------------------------------------

if (typeof document !== "undefined") (() => {
  "use strict";

  const DASHES = [[], [7, 4], [9, 3, 2, 3], [2, 3], [12, 3], [6, 2, 2, 2, 2, 2], []];
  const MARGIN = { left: 52, right: 16, top: 8, bottom: 34 };
  const CELLS = 90;
  const LEVELS = 13;
  const PLAY_MILLISECONDS = 4000;
  const alive = (window.tutorAlive = []);
  let counter = 0;

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
      if (value !== null) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  class Explorable {
    constructor(place, description) {
      this.place = place;
      this.description = description;
      this.initial = tutor.startValues(description);
      this.values = structuredClone(this.initial);
      this.controls = [];
      this.views = [];
      this.timer = null;
      this.build();
      this.refresh();
      new ResizeObserver(() => this.resize()).observe(place);
    }

    build() {
      const { views, controls, steps, layout } = this.description;
      this.place.replaceChildren();
      this.place.dataset.layout = layout;
      const pictures = element("div", { class: "tutor-views" });
      for (const view of views) {
        const made = new View(this, view);
        this.views.push(made);
        pictures.append(made.figure);
      }
      this.status = element("p", { class: "tutor-status", "aria-hidden": "true" });
      this.spoken = element("p", { class: "tutor-spoken", role: "status", "aria-live": "polite" });
      const panel = element("div", { class: "tutor-controls" });
      for (const control of controls) this.add(panel, control);
      const foot = element("div", { class: "tutor-foot" });
      if (steps !== null) foot.append(this.transport());
      foot.append(this.status, this.spoken);
      this.place.append(element("div", { class: "tutor-body" }, pictures, foot, panel));
      this.place.dataset.alive = "true";
    }

    add(panel, control) {
      if (control.kind === "slider") panel.append(...this.keep(new Slider(this, control)).parts);
      if (control.kind === "choice") panel.append(...this.keep(new Choice(this, control)).parts);
      if (control.kind === "rule") panel.append(this.keep(new RuleChoice(this, control)).group);
      if (control.kind === "button") {
        const button = element("button", { type: "button", class: "tutor-wide" }, control.label);
        button.addEventListener("click", () => this.set(this.frame.jumps[control.name]));
        panel.append(button);
      }
    }

    keep(control) {
      this.controls.push(control);
      return control;
    }

    transport() {
      const bar = element("div", { class: "tutor-transport" });
      this.player = element("button", { type: "button", class: "tutor-play" });
      this.player.addEventListener("click", () => (this.timer ? this.pause() : this.play()));
      const step = element("button", { type: "button" }, "Step");
      step.addEventListener("click", () => this.step());
      const reset = element("button", { type: "button" }, "Reset");
      reset.addEventListener("click", () => this.reset());
      this.scrub = element("input", {
        type: "range", min: 0, step: 1, "aria-label": "step shown", class: "tutor-scrub",
      });
      this.scrub.addEventListener("input", () => {
        this.pause();
        this.set({ shown: Number(this.scrub.value) });
      });
      this.count = element("output", { class: "tutor-count" });
      bar.append(this.player, step, reset, this.scrub, this.count);
      return bar;
    }

    get steps() {
      return tutor.stepsOf(this.description, this.values);
    }

    set(changes) {
      const before = this.description.steps === null ? null : this.steps;
      Object.assign(this.values, changes);
      this.follow(before);
      this.refresh();
    }

    choose(name, option) {
      const before = this.description.steps === null ? null : this.steps;
      tutor.choose(this.description, this.values, name, option);
      this.follow(before);
      this.refresh();
    }

    follow(before) {
      // A path shown to its end stays shown to its end when the number of steps changes.
      if (before === null) return;
      if (this.values.shown === before || this.values.shown > this.steps)
        this.values.shown = this.steps;
    }

    reset() {
      this.pause();
      this.values = structuredClone(this.initial);
      this.refresh();
    }

    step() {
      this.pause();
      this.set({ shown: this.values.shown < this.steps ? this.values.shown + 1 : 1 });
    }

    play() {
      if (this.values.shown >= this.steps) this.values.shown = 0;
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
        this.set({ shown: this.steps });
        return;
      }
      let last = performance.now();
      let exact = this.values.shown;
      const tick = (now) => {
        exact = Math.min(this.steps, exact + ((now - last) * this.steps) / PLAY_MILLISECONDS);
        last = now;
        this.timer = exact < this.steps ? requestAnimationFrame(tick) : null;
        this.set({ shown: Math.floor(exact) });
      };
      this.timer = requestAnimationFrame(tick);
      this.refresh();
    }

    pause() {
      if (!this.timer) return;
      cancelAnimationFrame(this.timer);
      this.timer = null;
      this.refresh();
    }

    refresh() {
      this.frame = tutor.frame(this.description, this.values);
      for (const control of this.controls) control.show();
      for (const view of this.views) view.show(this.frame.views[view.name]);
      if (this.description.steps !== null) this.showTransport();
      this.place.dataset.ends = JSON.stringify(this.frame.ends);
      this.say(this.frame.status);
    }

    showTransport() {
      this.scrub.max = this.steps;
      this.scrub.value = this.values.shown;
      this.count.textContent = `${this.values.shown} / ${this.steps}`;
      this.player.textContent = this.timer ? "Pause" : "Play";
      this.player.dataset.playing = this.timer ? "true" : "false";
    }

    say(text) {
      this.status.replaceChildren(...text.split("\n").map((line) => element("span", {}, line)));
      clearTimeout(this.speaking);
      // Screen readers hear the text once the hand rests, not at every move of it.
      if (!this.timer)
        this.speaking = setTimeout(() => {
          this.spoken.textContent = text.replaceAll("\n", " ");
        }, 300);
    }

    resize() {
      for (const view of this.views) view.draw();
    }
  }

  class Slider {
    constructor(owner, control, key = control.name) {
      this.owner = owner;
      this.key = key;
      this.control = control;
      this.grid = tutor.grid(control);
      const id = `tutor-${++counter}`;
      const label = element("label", { for: id }, control.label);
      this.input = element("input", {
        type: "range", id, min: 0, max: this.grid.length - 1, step: 1, "data-control": key,
      });
      this.output = element("output", { for: id });
      this.input.addEventListener("input", () =>
        owner.set({ [key]: this.grid[Number(this.input.value)] }),
      );
      this.parts = [label, this.input, this.output];
    }

    show() {
      const value = this.owner.values[this.key];
      const text = this.control.scale === "decay" ? String(value) : tutor.number(value);
      this.input.value = tutor.nearest(this.grid, value);
      this.input.setAttribute("aria-valuetext", text);
      this.output.textContent = text;
    }
  }

  class Choice {
    constructor(owner, control) {
      this.owner = owner;
      this.control = control;
      const id = `tutor-${++counter}`;
      this.label = element("label", { for: id }, control.label);
      this.select = element("select", { id, "data-control": control.name });
      for (const option of control.options)
        this.select.append(element("option", { value: option }, option));
      this.select.addEventListener("change", () => owner.choose(control.name, this.select.value));
      this.parts = [this.label, this.select];
    }

    show() {
      this.select.value = this.owner.values[this.control.name];
    }
  }

  class RuleChoice extends Choice {
    constructor(owner, control) {
      super(owner, control);
      this.label.prepend(swatch(control.style));
      this.rows = element("div", { class: "tutor-rows" });
      this.group = element(
        "div",
        { class: `tutor-rule tutor-style-${control.style}`, role: "group", "aria-label": control.label },
        this.label,
        this.select,
        this.rows,
      );
      this.shown = null;
      this.sliders = [];
    }

    show() {
      super.show();
      const rule = this.owner.values[this.control.name];
      if (rule !== this.shown) this.rebuild(rule);
      for (const slider of this.sliders) slider.show();
    }

    rebuild(rule) {
      this.shown = rule;
      this.sliders = (this.owner.description.sliders[rule] ?? []).map(
        (slider) => new Slider(this.owner, slider, `${this.control.name}.${rule}.${slider.name}`),
      );
      this.rows.replaceChildren(...this.sliders.flatMap((slider) => slider.parts));
    }
  }

  function swatch(style) {
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg");
    const line = document.createElementNS(space, "path");
    picture.setAttribute("class", `tutor-swatch tutor-style-${style}`);
    picture.setAttribute("viewBox", "0 0 26 8");
    picture.setAttribute("aria-hidden", "true");
    line.setAttribute("d", "M1 4H25");
    line.setAttribute("stroke-dasharray", DASHES[style].join(" "));
    picture.append(line);
    return picture;
  }

  class View {
    constructor(owner, view) {
      this.owner = owner;
      this.name = view.name;
      this.view = view;
      this.canvas = element("canvas", { "aria-label": view.label });
      this.legend = element("div", { class: "tutor-legend", "aria-hidden": "true" });
      this.figure = element("div", { class: "tutor-view" }, this.canvas, this.legend);
      if (view.wide) this.figure.classList.add("tutor-wide");
      if (view.point) this.takeHands();
      else this.canvas.setAttribute("role", "img");
    }

    takeHands() {
      const canvas = this.canvas;
      const id = `tutor-${++counter}`;
      canvas.setAttribute("role", "application");
      canvas.setAttribute("tabindex", "0");
      canvas.setAttribute("aria-describedby", id);
      const help = "Click or tap to start there. With the keyboard: the arrow keys move the start, Shift makes small moves.";
      this.figure.append(element("p", { id, class: "tutor-help" }, help));
      canvas.addEventListener("pointerdown", (event) => {
        canvas.setPointerCapture(event.pointerId);
        if (event.pointerType !== "touch") this.put(event);
      });
      // A finger may be about to scroll the page: it sets the start when it lifts, if not.
      canvas.addEventListener("pointerup", (event) => {
        if (event.pointerType === "touch") this.put(event);
      });
      canvas.addEventListener("pointermove", (event) => {
        if (canvas.hasPointerCapture(event.pointerId)) this.put(event);
      });
      canvas.addEventListener("keydown", (event) => this.key(event));
    }

    put(event) {
      const corner = this.canvas.getBoundingClientRect();
      const { x, y } = this.plot;
      const right = (event.clientX - corner.left - MARGIN.left) / this.inner.width;
      const up = 1 - (event.clientY - corner.top - MARGIN.top) / this.inner.height;
      this.move(x.low + right * (x.high - x.low), y.low + up * (y.high - y.low));
    }

    key(event) {
      const direction = {
        ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
      }[event.key];
      if (!direction) return;
      event.preventDefault();
      const { x, y } = this.plot;
      const [a, b] = this.owner.values[this.view.point];
      const size = event.shiftKey ? 400 : 40;
      this.move(
        a + (direction[0] * (x.high - x.low)) / size,
        b + (direction[1] * (y.high - y.low)) / size,
      );
    }

    move(a, b) {
      const { x, y } = this.plot;
      const inside = (value, axis) => Math.min(axis.high, Math.max(axis.low, value));
      const short = (value) => Number(value.toFixed(3)) + 0;
      this.owner.set({ [this.view.point]: [short(inside(a, x)), short(inside(b, y))] });
    }

    show(plot) {
      this.plot = plot;
      const key = JSON.stringify(plot.lines.map((line) => [line.label, line.style]));
      if (key !== this.legendKey) {
        this.legendKey = key;
        const labelled = plot.lines.filter((line) => line.label);
        this.legend.replaceChildren(
          ...labelled.map((line) => element("span", {}, swatch(line.style), line.label)),
        );
      }
      this.draw();
    }

    draw() {
      const width = this.figure.clientWidth;
      if (!width || !this.plot) return;
      this.inner = { width: width - MARGIN.left - MARGIN.right };
      this.inner.height = Math.round(Math.max(120, this.inner.width * this.view.aspect));
      const height = this.inner.height + MARGIN.top + MARGIN.bottom;
      const ratio = window.devicePixelRatio || 1;
      const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
      if (this.canvas.width !== pixels[0] || this.canvas.height !== pixels[1]) {
        [this.canvas.width, this.canvas.height] = pixels;
        this.canvas.style.height = `${height}px`;
      }
      const pen = this.canvas.getContext("2d");
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, width, height);
      this.paint(pen);
    }

    paint(pen) {
      const { plot, inner } = this;
      const colours = palette(this.owner.place);
      const scaleX = scale(plot.x, MARGIN.left, inner.width);
      const scaleY = scale(plot.y, MARGIN.top + inner.height, -inner.height);
      pen.font = `12px ${colours.font}`;
      this.axes(pen, colours, scaleX, scaleY);
      pen.save();
      pen.beginPath();
      pen.rect(MARGIN.left, MARGIN.top, inner.width, inner.height);
      pen.clip();
      if (plot.field) pen.drawImage(this.field(colours), MARGIN.left, MARGIN.top, inner.width, inner.height);
      for (const mark of plot.verticals ?? []) vertical(pen, colours, scaleX(mark.x), mark.label, inner);
      for (const line of plot.lines) stroke(pen, colours, line, scaleX, scaleY);
      pen.restore();
      for (const line of plot.lines) ends(pen, colours, line, scaleX, scaleY, inner);
      for (const mark of plot.marks ?? []) star(pen, colours, scaleX(mark[0]), scaleY(mark[1]));
    }

    axes(pen, colours, scaleX, scaleY) {
      const { plot, inner } = this;
      const bottom = MARGIN.top + inner.height;
      pen.strokeStyle = colours.grid;
      pen.fillStyle = colours.soft;
      pen.lineWidth = 1;
      pen.textAlign = "center";
      pen.textBaseline = "top";
      pen.beginPath();
      for (const [value, text] of plot.x.ticks) {
        const at = Math.round(scaleX(value)) + 0.5;
        if (!plot.field) line2(pen, at, MARGIN.top, at, bottom);
        pen.fillText(text, at, bottom + 5);
      }
      pen.textAlign = "right";
      pen.textBaseline = "middle";
      for (const [value, text] of plot.y.ticks) {
        const at = Math.round(scaleY(value)) + 0.5;
        if (!plot.field) line2(pen, MARGIN.left, at, MARGIN.left + inner.width, at);
        pen.fillText(text, MARGIN.left - 6, at);
      }
      pen.stroke();
      pen.strokeStyle = colours.soft;
      pen.strokeRect(MARGIN.left + 0.5, MARGIN.top + 0.5, inner.width - 1, inner.height - 1);
      pen.textAlign = "center";
      pen.textBaseline = "alphabetic";
      pen.fillText(plot.x.label, MARGIN.left + inner.width / 2, bottom + 31);
      pen.save();
      pen.translate(11, MARGIN.top + inner.height / 2);
      pen.rotate(-Math.PI / 2);
      pen.fillText(plot.y.label, 0, 0);
      pen.restore();
    }

    field(colours) {
      const { plot, inner } = this;
      const ratio = window.devicePixelRatio || 1;
      const key = [plot.field.key, inner.width, inner.height, ratio, colours.field].join();
      if (this.fieldKey === key) return this.fieldCanvas;
      this.fieldKey = key;
      const made = tutor.heights(plot.field.value, plot.x, plot.y, CELLS);
      const canvas = element("canvas", { width: inner.width * ratio, height: inner.height * ratio });
      const pen = canvas.getContext("2d");
      pen.scale(ratio, ratio);
      pen.drawImage(shading(made, plot.field.spacing, colours), 0, 0, inner.width, inner.height);
      pen.strokeStyle = colours.field;
      pen.lineWidth = 1;
      pen.globalAlpha = 0.55;
      const right = inner.width / CELLS;
      const up = inner.height / CELLS;
      for (const level of tutor.levels(made.low, made.high, plot.field.spacing, LEVELS)) {
        pen.beginPath();
        for (const [a, b, c, d] of tutor.contour(made.rows, CELLS, level))
          line2(pen, a * right, inner.height - b * up, c * right, inner.height - d * up);
        pen.stroke();
      }
      this.fieldCanvas = canvas;
      return canvas;
    }
  }

  function shading(made, spacing, colours) {
    const side = made.size + 1;
    const canvas = element("canvas", { width: side, height: side });
    const pen = canvas.getContext("2d");
    pen.fillStyle = colours.field;
    pen.fillRect(0, 0, side, side);
    const image = pen.getImageData(0, 0, side, side);
    for (let j = 0; j < side; j++)
      for (let i = 0; i < side; i++) {
        const part = (made.rows[side - 1 - j][i] - made.low) / (made.high - made.low || 1);
        const height = spacing === "log" ? 1 + Math.log10(part + 6e-4) / 3.2 : part;
        image.data[4 * (j * side + i) + 3] = 90 * (1 - height);
      }
    pen.putImageData(image, 0, 0);
    return canvas;
  }

  function palette(place) {
    const style = getComputedStyle(place);
    const read = (name) => style.getPropertyValue(`--tutor-${name}`).trim();
    return {
      ink: read("ink"), soft: read("soft"), grid: read("grid"), paper: read("paper"),
      field: read("field"), font: style.fontFamily,
      styles: DASHES.map((_, index) => read(index)),
    };
  }

  function scale(axis, start, length) {
    const log = axis.scale === "log";
    const place = (value) => (log ? Math.log10(value) : value);
    const low = place(axis.low);
    const span = place(axis.high) - low;
    // Far beyond the edge is far enough: canvases don't draw coordinates without bound.
    return (value) => start + length * Math.max(-20, Math.min(20, (place(value) - low) / span));
  }

  function line2(pen, a, b, c, d) {
    pen.moveTo(a, b);
    pen.lineTo(c, d);
  }

  function stroke(pen, colours, line, scaleX, scaleY) {
    pen.strokeStyle = colours.styles[line.style];
    pen.fillStyle = pen.strokeStyle;
    pen.lineWidth = line.kind === "thin" ? 1.2 : 2;
    pen.lineJoin = "round";
    pen.setLineDash(DASHES[line.style]);
    pen.beginPath();
    for (let i = 0; i < line.x.length; i++) pen.lineTo(scaleX(line.x[i]), scaleY(line.y[i]));
    pen.stroke();
    pen.setLineDash([]);
    if (line.kind !== "dots") return;
    pen.beginPath();
    for (let i = 0; i < line.x.length; i++) {
      const [a, b] = [scaleX(line.x[i]), scaleY(line.y[i])];
      pen.moveTo(a + 2.4, b);
      pen.arc(a, b, 2.4, 0, 7);
    }
    pen.fill();
  }

  function ends(pen, colours, line, scaleX, scaleY, inner) {
    if (line.kind === "thin" || !line.x.length) return;
    const last = [scaleX(line.x.at(-1)), scaleY(line.y.at(-1))];
    const outside =
      last[0] < MARGIN.left - 1 || last[0] > MARGIN.left + inner.width + 1 ||
      last[1] < MARGIN.top - 1 || last[1] > MARGIN.top + inner.height + 1;
    if (line.start) ring(pen, colours, scaleX(line.x[0]), scaleY(line.y[0]));
    if (!outside) marker(pen, colours, line.style, ...last);
  }

  function ring(pen, colours, x, y) {
    pen.beginPath();
    pen.arc(x, y, 6, 0, 7);
    pen.fillStyle = colours.paper;
    pen.fill();
    pen.lineWidth = 2.5;
    pen.strokeStyle = colours.ink;
    pen.stroke();
  }

  function marker(pen, colours, style, x, y) {
    pen.beginPath();
    if (style % 4 === 0) pen.arc(x, y, 5, 0, 7);
    if (style % 4 === 1) pen.rect(x - 4.5, y - 4.5, 9, 9);
    if (style % 4 === 2) polygon(pen, x, y + 1, [[0, -6.5], [6, 5], [-6, 5]]);
    if (style % 4 === 3) polygon(pen, x, y, [[0, -6], [6, 0], [0, 6], [-6, 0]]);
    pen.fillStyle = colours.styles[style];
    pen.fill();
    pen.lineWidth = 1.5;
    pen.strokeStyle = colours.paper;
    pen.stroke();
  }

  function polygon(pen, x, y, corners) {
    for (const [a, b] of corners) pen.lineTo(x + a, y + b);
    pen.closePath();
  }

  function star(pen, colours, x, y) {
    for (const [colour, width] of [[colours.paper, 4], [colours.ink, 2]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      line2(pen, x - 6, y, x + 6, y);
      line2(pen, x, y - 6, x, y + 6);
      pen.stroke();
    }
  }

  function vertical(pen, colours, x, label, inner) {
    pen.strokeStyle = colours.ink;
    pen.fillStyle = colours.ink;
    pen.lineWidth = 1.2;
    pen.setLineDash([4, 3]);
    pen.beginPath();
    line2(pen, x, MARGIN.top, x, MARGIN.top + inner.height);
    pen.stroke();
    pen.setLineDash([]);
    const left = x > MARGIN.left + inner.width * 0.6;
    pen.textAlign = left ? "right" : "left";
    pen.textBaseline = "top";
    pen.fillText(label, x + (left ? -5 : 5), MARGIN.top + 5);
  }

  // -- finding the explorables of the page -------------------------------------------------------

  function wake(entry) {
    const description = { ...entry.load(tutor), id: entry.id };
    const places = document.querySelectorAll(
      `[data-explorable="${description.id}"]:not([data-alive])`,
    );
    for (const place of places) alive.push(new Explorable(place, description));
  }

  function redraw() {
    for (const one of alive) one.resize();
  }

  const waiting = window.tutorExplorables ?? [];
  window.tutorExplorables = { push: wake };
  waiting.forEach(wake);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
})();
