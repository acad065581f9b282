"use strict";
const drawing = JSON.parse(document.getElementById("drawing").textContent);
const { candles, curve, trades, step } = drawing;
const MINUTE = 60e3, HOUR = 36e5, DAY = 864e5, LEFT = 8, RIGHT = 70, BOTTOM = 22, TOP = 8;
const [OPENED, CLOSED, AMOUNT, BOUGHT, SOLD, PNL, GAIN, FEES, LEG] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const opens = candles.at.map(at => candles.start + at * step);
const first = Math.min(opens[0] ?? Infinity, curve.at[0] ?? Infinity);
const last = Math.max((opens.at(-1) ?? -Infinity) + step, curve.at.at(-1) ?? -Infinity);
const whole = Number.isFinite(first) && last > first ? [first, last] : [0, DAY];
let view = [...whole], pointer = null, chosen = null, colours = {};

/* Numbers and times as they are read. */
const grouped = (value, places = {}) => value.toLocaleString("en-US", places);
function number(value, places) {
  const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
  return grouped(Math.abs(value) < 1e-12 ? 0 : value, digits).replace("-", "−");
}
const short = value => String(+value.toPrecision(6)).replace("-", "−");
const money = value => Math.abs(value) >= 1 || !value ? number(value, 2) : short(value);
const signed = text => text.startsWith("−") || !/[1-9]/.test(text) ? text : "+" + text;
const percent = (value, places = 2) => signed(number(value * 100, places) + " %");
const moment = ms => new Date(ms).toISOString().slice(0, step < MINUTE ? 19 : 16).replace("T", " ");
const date = ms => moment(ms).slice(0, 10);
function span(ms) {
  if (ms < MINUTE) return `${Math.round(ms / 1e3)} s`;
  if (ms < 2 * HOUR && ms !== HOUR) return `${Math.round(ms / MINUTE)} min`;
  return ms < 2 * DAY && ms !== DAY ? `${Math.round(ms / HOUR)} h` : `${Math.round(ms / DAY)} d`;
}

/* The first place in ascending `values` that is not below `wanted`. */
function place(values, wanted) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
/* The rows of ascending times that are seen, and one more on either side. */
const seen = times => [Math.max(0, place(times, view[0]) - 1), Math.min(times.length, place(times, view[1]) + 1)];
