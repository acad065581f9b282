/* The list of trades: a page at a time, sorted by a click on a head. */
const amount = trade => grouped(trade[AMOUNT], { maximumSignificantDigits: 6 });
/* Head, text, what it is sorted by, classes. */
const heads = [
  ["opened", trade => moment(trade[OPENED]), OPENED, "wide"],
  ["closed", trade => moment(trade[CLOSED]), CLOSED, "when"],
  ["held", trade => span(trade[CLOSED] - trade[OPENED]), null, "n wide"],
  ["by", trade => trade[LEG], LEG, "wide"],
  ["amount", amount, AMOUNT, "n wide"],
  ["bought at", trade => money(trade[BOUGHT]), BOUGHT, "n"],
  ["sold at", trade => money(trade[SOLD]), SOLD, "n"],
  ["fees", trade => money(trade[FEES]), FEES, "n wide"],
  ["P&L", trade => signed(number(trade[PNL], 2)), PNL, "n"],
  ["of cost", trade => percent(trade[GAIN]), GAIN, "n"],
];
const PAGE = 25;
let sorted = [...trades].reverse(), by = CLOSED, isRising = false, at = 0;
const compare = (a, b) => (a[by] < b[by] ? -1 : a[by] > b[by] ? 1 : a[OPENED] - b[OPENED]) * (isRising ? 1 : -1);
function element(name, text, kind = "") {
  const found = document.createElement(name);
  found.textContent = text;
  if (kind) found.className = kind;
  return found;
}
function headOf([name, , column, kind]) {
  const cell = element("th", name + (column === by ? (isRising ? " ↑" : " ↓") : ""), kind);
  if (column === null) return cell;
  if (column === by) cell.ariaSort = isRising ? "ascending" : "descending";
  cell.dataset.by = column;
  cell.tabIndex = 0;
  cell.onclick = () => sortBy(column);
  cell.onkeydown = event => event.key === "Enter" && sortBy(column);
  return cell;
}
function rowOf(trade) {
  const row = document.createElement("tr"), side = trade[PNL] > 0 ? "up" : "down";
  for (const [, text, column, kind] of heads) {
    row.append(element("td", text(trade), column === PNL || column === GAIN ? `${kind} ${side}` : kind));
  }
  const when = row.querySelector(".when"), told = when.textContent;
  when.replaceChildren(element("span", told.slice(0, 5), "wide"), told.slice(5));  // no year on a phone
  row.onclick = () => choose(trade);
  return row;
}
function turn(text, to, label) {
  const button = element("button", text);
  button.ariaLabel = label;
  button.disabled = to < 0 || to >= sorted.length;
  button.onclick = () => { at = to; list(); };
  return button;
}
function list() {
  const [head, body] = document.getElementById("trades").children, row = document.createElement("tr");
  row.append(...heads.map(headOf));
  head.replaceChildren(row);
  body.replaceChildren(...sorted.slice(at, at + PAGE).map(rowOf));
  const upto = Math.min(at + PAGE, sorted.length);
  const told = trades.length ? `${grouped(at + 1)}–${grouped(upto)} of ${grouped(sorted.length)}` : "none";
  const turns = [turn("‹", at - PAGE, "Page before"), turn("›", at + PAGE, "Next page")];
  document.getElementById("pages").replaceChildren(element("span", told), ...turns);
}
function sortBy(column) {
  isRising = column === by && !isRising;
  [by, at] = [column, 0];
  sorted.sort(compare);
  list();
}
function choose(trade) {
  chosen = trade;
  const around = Math.max(20 * step, 2 * (trade[CLOSED] - trade[OPENED]));
  show(trade[OPENED] - around, trade[CLOSED] + around);
  document.getElementById("price").scrollIntoView({ block: "center", behavior: "smooth" });
}

list();
