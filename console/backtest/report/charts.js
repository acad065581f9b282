/* Candles, joined while they would be narrower than some pixels. */
function barsOf(pane) {
  const [from, to] = seen(opens), room = (pane.width - LEFT - RIGHT) / 3.5, bars = [];
  const together = Math.max(1, Math.ceil((view[1] - view[0]) / step / room));
  for (let row = from - from % together; row < to; row += together) {
    const upto = Math.min(row + together, opens.length), bar = { at: opens[row], end: opens[upto - 1] + step, volume: 0 };
    Object.assign(bar, { open: candles.open[row], close: candles.close[upto - 1], low: Infinity, high: -Infinity });
    for (let each = row; each < upto; each++) {
      bar.low = Math.min(bar.low, candles.low[each]);
      bar.high = Math.max(bar.high, candles.high[each]);
      bar.volume += candles.volume[each];
    }
    bars.push(bar);
  }
  return bars;
}

const lowest = values => values.reduce((a, b) => Math.min(a, b), Infinity);
const highest = values => values.reduce((a, b) => Math.max(a, b), -Infinity);

/* Candles, and trades at their prices, which the levels reach too. */
function drawPrice(pane) {
  const bars = barsOf(pane), shown = trades.filter(trade => trade[CLOSED] >= view[0] && trade[OPENED] <= view[1]);
  const prices = shown.flatMap(trade => [trade[BOUGHT], trade[SOLD]]);
  if (!bars.length) return;
  pane.scale(lowest([...bars.map(bar => bar.low), ...prices]), highest([...bars.map(bar => bar.high), ...prices]));
  pane.frame(pen => {
    drawGaps(pane, pen);
    drawBars(pane, pen, bars);
    for (const trade of shown) drawTrade(pane, pen, trade, shown.length);
    drawHeld(pane, pen);
  });
}
function drawGaps(pane, pen) {
  pen.fillStyle = colours.warn; pen.globalAlpha = .14;
  for (const [start, end] of drawing.gaps) {
    pen.fillRect(pane.x(start), TOP, Math.max(1, pane.x(end) - pane.x(start)), pane.height);
  }
  pen.globalAlpha = 1;
}
function drawBars(pane, pen, bars) {
  const most = highest(bars.map(bar => bar.volume)) || 1, floor = pane.height - BOTTOM;
  for (const bar of bars) {
    const left = pane.x(bar.at), wide = pane.x(bar.end) - left, body = Math.max(1, wide * .7);
    const middle = Math.round(left + wide / 2) + .5;
    pen.fillStyle = pen.strokeStyle = bar.close >= bar.open ? colours.up : colours.down;
    pen.globalAlpha = .18;
    pen.fillRect(middle - body / 2, floor - bar.volume / most * 46, body, 46);
    pen.globalAlpha = trades.length ? .6 : 1;
    line(pen, middle, pane.y(bar.high), middle, pane.y(bar.low));
    const top = pane.y(Math.max(bar.open, bar.close));
    pen.fillRect(middle - body / 2, top, body, Math.max(1, pane.y(Math.min(bar.open, bar.close)) - top));
  }
  pen.globalAlpha = 1;
}
function drawTrade(pane, pen, trade, many) {
  const [x1, y1, x2, y2] = [pane.x(trade[OPENED]), pane.y(trade[BOUGHT]), pane.x(trade[CLOSED]), pane.y(trade[SOLD])];
  const few = many <= 120, isChosen = trade === chosen;
  pen.strokeStyle = pen.fillStyle = trade[PNL] > 0 ? colours.up : colours.down;
  pen.lineWidth = isChosen ? 3 : few ? 2 : 1;
  pen.globalAlpha = few || isChosen ? 1 : .55;
  pen.setLineDash(few && !isChosen ? [5, 3] : []);
  line(pen, x1, y1, x2, y2);
  pen.setLineDash([]);
  pen.lineWidth = 1;
  pen.globalAlpha = 1;
  if (!few && !isChosen) return;
  pen.strokeStyle = colours.card;
  arrow(pen, x2, y2, -1);
  pen.fillStyle = colours.accent;
  arrow(pen, x1, y1, 1);
}
/* Its tip is at the price: up from below where it was bought, down from above where it was sold. */
function arrow(pen, x, y, way) {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x - 5, y + way * 10);
  pen.lineTo(x + 5, y + way * 10);
  pen.closePath();
  pen.fill();
  pen.stroke();
}
function drawHeld(pane, pen) {
  if (!drawing.held) return;
  pen.strokeStyle = pen.fillStyle = colours.accent; pen.setLineDash([5, 3]);
  const [x, y] = [pane.x(drawing.held[0]), pane.y(drawing.held[1])];
  line(pen, x, y, pane.x(whole[1]), y);
  pen.setLineDash([]);
  arrow(pen, x, y, 1);
}

function drawCurve(names, most) {
  return pane => {
    const [from, to] = seen(curve.at);
    if (to - from < 2) return;
    const rows = names.flatMap(name => curve[name].slice(from, to));
    pane.scale(lowest(rows), Math.max(highest(rows), most ?? -Infinity), most);
    pane.frame(pen => {
      drawGaps(pane, pen);
      for (const name of names) drawLine(pane, pen, name, from, to);
    });
  };
}
function drawLine(pane, pen, name, from, to) {
  const { accent, dim, down } = colours;
  const look = { equity: [accent, 2, []], hold: [dim, 1.5, [4, 4]], drawdown: [down, 1.5, []] }[name];
  [pen.strokeStyle, pen.lineWidth] = look;
  pen.setLineDash(look[2]);
  pen.beginPath();
  for (let row = from; row < to; row++) pen.lineTo(pane.x(curve.at[row]), pane.y(curve[name][row]));
  pen.stroke();
  pen.setLineDash([]);
  if (name === "hold") return;
  const base = name === "drawdown" ? pane.y(0) : pane.height - BOTTOM;
  pen.lineTo(pane.x(curve.at[to - 1]), base); pen.lineTo(pane.x(curve.at[from]), base);
  pen.fillStyle = look[0]; pen.globalAlpha = .1; pen.fill(); pen.globalAlpha = 1;
}
