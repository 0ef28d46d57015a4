// Every page works without this. It shows times in the reader's own zone, sends with Ctrl+Enter, and on a
// conversation follows the stage of running turns and puts each finished one in place.
"use strict";

function localTimes(root) {
  const today = new Date().toDateString();
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const clock = { hour: "2-digit", minute: "2-digit" };
    const long = { day: "numeric", month: "short", ...clock };
    time.textContent = at.toLocaleString([], at.toDateString() === today ? clock : long);
    time.title = at.toLocaleString();
  }
}

// A link to a passage opens the box it is in.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const box = target?.closest("details");
  if (box) {
    box.open = true;
    target.scrollIntoView({ block: "nearest" });
  }
}

function keys(form) {
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}

// Records a voice note and sends it with the form. The microphone is asked for at the first click, and let go at the end.
function record(form, button) {
  if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === "undefined") return;
  button.hidden = false;
  let recorder = null;

  function done(parts, type) {
    const name = `voice-note.${type.includes("ogg") ? "ogg" : type.includes("mp4") ? "m4a" : "webm"}`;
    const sent = new DataTransfer();
    const files = form.elements.file;
    for (const file of files.files) sent.items.add(file);
    sent.items.add(new File(parts, name, { type }));
    files.files = sent.files;
    form.requestSubmit();
  }

  async function start() {
    let sound;
    try {
      sound = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      button.textContent = "No microphone: allow it for this page, or attach a file";
      return;
    }
    const parts = [];
    recorder = new MediaRecorder(sound);
    recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
    recorder.addEventListener("stop", () => {
      for (const track of sound.getTracks()) track.stop();
      done(parts, recorder.mimeType);
    });
    recorder.start();
    button.textContent = "Stop and send";
  }

  button.addEventListener("click", () => {
    if (recorder?.state === "recording") recorder.stop();
    else start();
  });
}

function follow(turns) {
  const { talk, events } = turns.dataset;
  const find = (id) => document.getElementById(`turn-${id}`);
  const atEnd = () => window.innerHeight + window.scrollY > document.body.scrollHeight - 160;

  // Fetches a turn and shows it, unless it is still forming; then only its words change.
  async function refresh(id) {
    const response = await fetch(`${talk}/turn/${id}`, { redirect: "error" }).catch(() => null);
    if (!response?.ok) return false;
    const holder = document.createElement("template");
    holder.innerHTML = await response.text();
    const fresh = holder.content.firstElementChild;
    const old = find(id);
    const pending = "pending" in fresh.dataset;
    const follows = atEnd();
    localTimes(fresh);
    if (!old) turns.append(fresh);
    else if (!pending) old.replaceWith(fresh);
    else words(old, fresh.querySelector("[data-stage]")?.textContent);
    if (follows && (!old || !pending)) document.getElementById("latest").scrollIntoView({ block: "end" });
    return !pending;
  }

  function words(turn, text) {
    const stage = turn.querySelector("[data-stage]");
    // Only on change, so that screen readers say each stage once.
    if (stage && text && stage.textContent !== text) stage.textContent = text;
  }

  // A settled reply is shown when it is delivered, which is moments later.
  async function settle(id) {
    for (const wait of [0, 200, 400, 800, 1600]) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (await refresh(id)) return;
    }
  }

  const refreshAll = () => {
    for (const turn of turns.querySelectorAll("[data-pending]")) refresh(turn.dataset.turn);
  };

  function tell(event) {
    const moment = JSON.parse(event.data);
    if (moment.settled) return void settle(moment.inbox);
    const turn = find(moment.inbox);
    if (!turn) return void refresh(moment.inbox);
    if (!("pending" in turn.dataset)) return;
    words(turn, moment.words);
    const draft = turn.querySelector("[data-draft]");
    if (draft && moment.draft) {
      draft.textContent = moment.draft;
      draft.parentElement.hidden = false;
    }
  }

  // Only while the page is seen: a browser opens six connections to one place, and tabs in the back would
  // take them all.
  let source = null;
  function listen() {
    source?.close();
    source = null;
    if (document.hidden) return;
    source = new EventSource(events);
    source.addEventListener("open", refreshAll);
    source.addEventListener("missed", refreshAll);
    source.addEventListener("moment", tell);
  }
  document.addEventListener("visibilitychange", listen);
  listen();
  // Whatever the stream missed.
  setInterval(() => document.hidden || refreshAll(), 5000);
}

// Says what came of a change that did not load a page.
function say(words) {
  const said = document.getElementById("said");
  if (!said) return;
  said.textContent = words;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (said.textContent = ""), 6000);
}

document.addEventListener("said", (event) => say(decodeURIComponent(event.detail.value)));
document.addEventListener("htmx:sendError", () => say("The console does not answer, so nothing was changed."));
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  // What was stale has brought its own words.
  if (xhr.status === 409 && xhr.getResponseHeader("HX-Trigger")) return;
  const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
  say(page.querySelector("main .lead")?.textContent ?? "This could not be done.");
});
document.addEventListener("htmx:afterSwap", (event) => localTimes(event.detail.target));

localTimes(document);
openTarget();
// On a phone the menu is a row that scrolls; whoever comes to a page sees where they are in it.
const current = document.querySelector(".top nav a[aria-current]");
if (current) current.parentElement.scrollLeft = current.offsetLeft - current.parentElement.clientWidth / 2;
addEventListener("hashchange", openTarget);
document.querySelectorAll("form:has(textarea)").forEach(keys);
document.querySelectorAll("[data-record]").forEach((button) => record(button.form, button));
const turns = document.getElementById("turns");
if (turns) follow(turns);
