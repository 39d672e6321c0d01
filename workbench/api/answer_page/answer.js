"use strict";

// The token stands behind # in the address, which browsers send to no server; it goes in a header of our own requests alone.
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

const part = (id) => document.getElementById(id);
const answers = {};
let calls = [];

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

async function ask(method, body) {
  const headers = { "x-workbench-answer": token, "content-type": "application/json" };
  const response = await fetch("/call", { method, headers, body, cache: "no-store", credentials: "omit" });
  const said = await response.json();
  if (!response.ok) throw new Error(said.error);
  return said;
}

function ended(words) {
  part("said").textContent = words;
  part("send").hidden = true;
  for (const button of document.querySelectorAll("button")) button.disabled = true;
}

async function send() {
  ended("Sending …");
  try {
    await ask("POST", JSON.stringify({ answers }));
    ended("Answered. You can close this page; the link is used up.");
  } catch (error) {
    ended(error.message);
  }
}

function choose(id, answer, buttons) {
  answers[id] = answer;
  for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(name === answer));
  if (calls.length === 1) send();
  else part("send").hidden = Object.keys(answers).length < calls.length;
}

function drawn(call) {
  const section = document.createElement("section");
  section.append(element("h2", call.name));
  const pre = document.createElement("pre");
  if (call.diff.length) {
    section.append(element("p", call.line));
    for (const line of call.diff) {
      pre.append(element("span", line + "\n", line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : ""));
    }
  } else {
    pre.textContent = call.text;
  }
  const buttons = { allow: element("button", "Allow"), deny: element("button", "Deny") };
  const row = element("div", "", "buttons");
  for (const [name, button] of Object.entries(buttons)) {
    button.type = "button";
    button.dataset.answer = name;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => choose(call.id, name, buttons));
    row.append(button);
  }
  section.append(pre, row);
  return section;
}

async function begin() {
  if (!token) {
    ended("This page needs the whole link of a notice; open that again.");
    return;
  }
  try {
    const shown = await ask("GET");
    calls = shown.calls;
    part("title").textContent = shown.session;
    part("about").textContent = [shown.agent, shown.project].filter(Boolean).join(" · ");
    part("said").textContent = calls.length > 1 ? `It wants to make ${calls.length} calls. Answer each, then send.` : "It wants to make this call.";
    part("calls").append(...calls.map(drawn));
    part("send").addEventListener("click", send);
  } catch (error) {
    ended(error.message);
  }
}

begin();
