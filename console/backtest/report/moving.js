/* What stands under the pointer. */
function readPrice(pane) {
  const near = nearestTrade(pane);
  if (near) {
    const bought = `${moment(near[OPENED])} bought at ${money(near[BOUGHT])}`;
    const sold = `${moment(near[CLOSED])} sold at ${money(near[SOLD])} by ${near[LEG]}`;
    return `${bought} → ${sold}: ${signed(money(near[PNL]))} ${drawing.quote}, ${percent(near[GAIN])}`;
  }
  const row = Math.min(opens.length - 1, Math.max(0, place(opens, pointer.ms + 1) - 1));
  if (!opens.length) return "";
  const [open, high, low, close] = ["open", "high", "low", "close"].map(name => money(candles[name][row]));
  const prices = `open ${open}, high ${high}, low ${low}, close ${close}`;
  return `${moment(opens[row])} · ${span(step)} · ${prices} · ${grouped(candles.volume[row])} ${drawing.base}`;
}
function nearestTrade(pane) {
  if (pointer.pane !== pane) return null;
  let best = null, distance = 12;
  for (const trade of trades) for (const [ms, price] of [[trade[OPENED], trade[BOUGHT]], [trade[CLOSED], trade[SOLD]]]) {
    const away = Math.hypot(pane.x(ms) - pointer.x, pane.y(price) - pointer.y);
    if (away < distance) [best, distance] = [trade, away];
  }
  return best;
}
function nearestRow() {
  const row = Math.min(curve.at.length - 1, place(curve.at, pointer.ms));
  return row > 0 && pointer.ms - curve.at[row - 1] < curve.at[row] - pointer.ms ? row - 1 : row;
}
const readCurve = tell => () => {
  const row = nearestRow();
  return row < 0 ? "" : `${moment(curve.at[row])} · ${tell(row)}`;
};
const readEquity = readCurve(
  row => `${money(curve.equity[row])} ${drawing.quote}, buy and hold ${money(curve.hold[row])}`,
);
const readDrawdown = readCurve(row => percent(curve.drawdown[row]));
const percentLevel = (value, places) => number(value * 100, Math.max(0, places - 2)) + " %";

const panes = [
  new Pane("price", drawPrice, readPrice, number),
  new Pane("equity", drawCurve(["hold", "equity"]), readEquity, number),
  new Pane("drawdown", drawCurve(["drawdown"], 0), readDrawdown, percentLevel),
];

let isWaiting = false;
function paint() {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => {
    isWaiting = false;
    const look = getComputedStyle(document.documentElement);
    for (const name of ["dim", "edge", "card", "accent", "up", "down", "warn"]) {
      colours[name] = look.getPropertyValue("--" + name).trim();
    }
    for (const pane of panes) {
      pane.paint();
      pane.reading.textContent = pointer === null ? "\u00a0" : pane.read(pane);
    }
    document.getElementById("window").textContent = view.map(view[1] - view[0] > 2 * DAY ? date : moment).join(" to ");
  });
}

/* Moving and zooming: never beyond the test, never closer than five candles. */
function show(from, to) {
  const length = Math.min(whole[1] - whole[0], Math.max(to - from, 5 * step)), middle = (from + to) / 2;
  const begin = Math.min(Math.max(middle - length / 2, whole[0]), whole[1] - length);
  view = [begin, begin + length];
  paint();
}
/* What is at `at` stays where it is. */
function zoom(factor, at = (view[0] + view[1]) / 2) {
  show(at - (at - view[0]) * factor, at + (view[1] - at) * factor);
}
function move(part) {
  const by = (view[1] - view[0]) * part;
  show(view[0] + by, view[1] + by);
}
const acts = { all: () => show(...whole), in: () => zoom(.5), out: () => zoom(2) };
Object.assign(acts, { back: () => move(-.5), on: () => move(.5) });
const keys = { "+": acts.in, "=": acts.in, "-": acts.out, 0: acts.all };
Object.assign(keys, { ArrowLeft: () => move(-.1), ArrowRight: () => move(.1) });
document.querySelectorAll(".tools button").forEach(button => button.addEventListener("click", acts[button.dataset.do]));

function point(pane, event) {
  const box = pane.canvas.getBoundingClientRect(), x = event.clientX - box.left;
  pointer = { pane, x, y: event.clientY - box.top, ms: pane.time(x) };
}
/* One finger or the mouse moves, two fingers zoom. `down`: where each of them was. */
function drag(pane, down, event) {
  const before = down.get(event.pointerId), other = [...down].find(([id]) => id !== event.pointerId);
  if (before === undefined) return;
  if (other) zoom(Math.max(.2, Math.abs(before - other[1])) / Math.max(1, Math.abs(event.clientX - other[1])));
  else move((before - event.clientX) / (pane.canvas.clientWidth - LEFT - RIGHT));
  down.set(event.pointerId, event.clientX);
}
function wheel(pane, event) {
  const isZoom = event.ctrlKey || event.metaKey;
  if (!isZoom && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
  event.preventDefault();
  point(pane, event);
  if (isZoom) zoom(Math.exp(event.deltaY * .003), pointer.ms);
  else move(event.deltaX / 1000);
}
function press(event) {
  const act = event.ctrlKey || event.metaKey || event.altKey ? null : keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}
function listen(pane) {
  const { canvas } = pane, down = new Map(), on = (name, act, how) => canvas.addEventListener(name, act, how);
  on("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, event.clientX);
    point(pane, event);
    paint();
  });
  on("pointermove", event => {
    drag(pane, down, event);
    point(pane, event);
    paint();
  });
  for (const name of ["pointerup", "pointercancel"]) on(name, event => down.delete(event.pointerId));
  on("pointerleave", event => {
    if (event.pointerType !== "mouse") return;
    pointer = null;
    paint();
  });
  on("dblclick", () => zoom(.4, pointer.ms));
  on("wheel", event => wheel(pane, event), { passive: false });
  on("keydown", press);
}
panes.forEach(listen);
new ResizeObserver(paint).observe(document.body);
matchMedia("(prefers-color-scheme: light)").addEventListener("change", paint);
paint();
