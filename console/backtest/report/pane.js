/* A canvas with a time axis shared by all, and levels of its own. */
class Pane {
  constructor(name, draw, read, label) {
    this.canvas = document.getElementById(name);
    this.reading = document.getElementById("read-" + name);
    Object.assign(this, { draw, read, label });
  }
  x(ms) { return LEFT + (ms - view[0]) / (view[1] - view[0]) * (this.width - LEFT - RIGHT); }
  y(value) { return TOP + (this.high - value) / (this.high - this.low) * (this.height - TOP - BOTTOM); }
  time(x) { return view[0] + (x - LEFT) / (this.width - LEFT - RIGHT) * (view[1] - view[0]); }
  scale(low, high, most = Infinity) {
    const room = (high - low) * .06 || Math.abs(high) * .001 || 1;
    [this.low, this.high] = [low - room, Math.min(high + room, most)];
  }
  paint() {
    const { canvas } = this, ratio = devicePixelRatio || 1;
    [this.width, this.height] = [canvas.clientWidth, canvas.clientHeight];
    [canvas.width, canvas.height] = [this.width * ratio, this.height * ratio];
    const pen = this.pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.font = "11px system-ui, sans-serif";
    pen.lineJoin = "round";
    this.draw(this);
  }
  /* Lines across and below; what `inside` draws is cut at the frame. */
  frame(inside) {
    const { pen, width, height } = this;
    pen.fillStyle = colours.dim; pen.strokeStyle = colours.edge; pen.lineWidth = 1;
    pen.textAlign = "left"; pen.textBaseline = "middle";
    for (const level of levels(this.low, this.high, height / 55)) {
      const y = Math.round(this.y(level.at)) + .5;
      line(pen, LEFT, y, width - RIGHT, y);
      pen.fillText(this.label(level.at, level.places), width - RIGHT + 6, y);
    }
    pen.textAlign = "center";
    for (const mark of marks(width / 85)) {
      const x = Math.round(this.x(mark.at)) + .5;
      line(pen, x, TOP, x, height - BOTTOM);
      if (x > 30 && x < width - RIGHT - 10) pen.fillText(mark.text, x, height - BOTTOM / 2);
    }
    pen.save();
    pen.beginPath(); pen.rect(LEFT, TOP, width - LEFT - RIGHT, height - TOP - BOTTOM); pen.clip();
    inside(pen);
    if (pointer !== null) {
      pen.strokeStyle = colours.dim; pen.lineWidth = 1; pen.setLineDash([3, 3]);
      line(pen, this.x(pointer.ms), TOP, this.x(pointer.ms), height - BOTTOM);
    }
    pen.restore();
  }
}

function line(pen, x1, y1, x2, y2) { pen.beginPath(); pen.moveTo(x1, y1); pen.lineTo(x2, y2); pen.stroke(); }

function levels(low, high, most) {
  const least = (high - low) / Math.max(2, most), unit = 10 ** Math.floor(Math.log10(least));
  const apart = [1, 2, 5, 10].map(factor => factor * unit).find(each => each >= least);
  const found = [], places = Math.max(0, -Math.floor(Math.log10(apart) + 1e-9));
  for (let at = Math.ceil(low / apart); at * apart <= high; at++) found.push({ at: at * apart, places });
  return found;
}

const APART = [1e3, 5e3, 15e3, MINUTE, 5 * MINUTE, 15 * MINUTE];
APART.push(HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY);
function marks(most) {
  const length = view[1] - view[0], apart = APART.find(each => length / each <= most);
  if (apart) return evenly(apart);
  return monthly([1, 2, 3, 6, 12, 24, 60].find(months => length / (30 * DAY * months) <= most) ?? 120);
}
function evenly(apart) {
  const found = [], from = apart < DAY ? 11 : 5, to = apart < MINUTE ? 19 : apart < DAY ? 16 : 10;
  for (let at = Math.ceil(view[0] / apart) * apart; at <= view[1]; at += apart) {
    const text = new Date(at).toISOString();
    found.push({ at, text: apart < DAY && at % DAY === 0 ? text.slice(5, 10) : text.slice(from, to) });
  }
  return found;
}
function monthly(months) {
  const found = [], begin = new Date(view[0]), start = month => Date.UTC(Math.floor(month / 12), month % 12);
  const earliest = Math.ceil((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / months) * months;
  for (let month = earliest; start(month) <= view[1]; month += months)
    if (start(month) >= view[0]) found.push({ at: start(month), text: new Date(start(month)).toISOString().slice(0, 7) });
  return found;
}
