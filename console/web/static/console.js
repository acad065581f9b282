// Replaces the part of the page that changes, every two seconds while somebody looks.
"use strict";

const EVERY_MS = 2000;
const live = document.getElementById("live");
const pill = document.getElementById("connection");

function say(state, text) {
  pill.className = "pill " + state;
  pill.lastElementChild.textContent = text;
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(live.dataset.from, { signal: AbortSignal.timeout(10000) });
    const body = await answer.text();
    if (!answer.ok) throw new Error(body);
    live.innerHTML = body; // our own server's, escaped there
    say("good", "live");
  } catch {
    say("bad", "no answer, trying again");
  }
}

async function keepOn() {
  await refresh();
  setTimeout(keepOn, EVERY_MS);
}

say("good", "live");
setTimeout(keepOn, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
