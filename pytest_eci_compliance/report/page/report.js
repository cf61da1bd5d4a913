"use strict";
(() => {
  document.documentElement.classList.add("scripted");

  // The texts of the page's language, by their English ones.
  const texts = JSON.parse(document.documentElement.dataset.texts || "{}");
  const say = (text, values = {}) => (texts[text] || text).replace(/\{(\w+)\}/g, (_, name) => values[name]);

  // A file or a page without TLS may lack the clipboard of the browser: a selection can be copied there.
  const copySelection = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("aria-hidden", "true");
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copySelection(text);
    }
  };

  // A button copies the command before it, or the remediation after it without the buttons in it.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest && event.target.closest("button.copy");
    if (!button) return;
    const isCommand = button.closest(".command");
    const source = (isCommand ? button.previousElementSibling : button.parentElement.querySelector(".fix")).cloneNode(true);
    for (const inner of source.querySelectorAll("button")) inner.remove();
    const copied = await copy(source.textContent.trim());
    button.focus();
    const label = button.getAttribute("aria-label");
    if (button.textContent !== say("Copy")) return;
    button.textContent = copied ? say("Copied") : say("Not copied");
    button.setAttribute("aria-label", button.textContent);
    setTimeout(() => {
      button.textContent = say("Copy");
      button.setAttribute("aria-label", label);
    }, 1500);
  });

  const form = document.querySelector("#filters");
  const groups = [...document.querySelectorAll(".group")];
  if (!form || !groups.length) return;
  form.hidden = false;

  const status = document.querySelector("#shown");
  const empty = document.querySelector("#nothing");
  const opened = new Map([...document.querySelectorAll("#results details")].map((details) => [details, details.open]));
  let index;

  // Reading the text of ten thousand rows takes a moment, so it waits for the first filter.
  const read = () => groups.map((group) => ({
    group,
    severity: group.dataset.severity,
    numbers: [...group.querySelectorAll("summary [data-number]")],
    rows: [...group.querySelectorAll(".row")].map((row) => ({
      row,
      quiet: row.closest(".quiet"),
      text: `${group.dataset.check} ${row.textContent}`.toLowerCase(),
      outcome: row.dataset.outcome,
      account: row.dataset.account,
      region: row.dataset.region,
      since: row.dataset.since || "",
    })),
  }));

  const currentFilter = () => {
    const data = new FormData(form);
    return {
      words: (data.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean),
      outcomes: new Set(data.getAll("outcome")),
      since: new Set(data.getAll("since")),
      account: data.get("account") || "",
      region: data.get("region") || "",
      severity: data.get("severity") || "",
    };
  };

  const formatted = (number) => number.toLocaleString("en-US");

  const countsOf = (rows) => {
    const counts = {};
    for (const { outcome } of rows) counts[outcome] = (counts[outcome] || 0) + 1;
    return counts;
  };

  // The counts of a check are those of the rows that the filter shows: "9 failed", or "2 of 9 failed".
  const countAgain = (numbers, rows, shownRows) => {
    const all = countsOf(rows);
    const now = countsOf(shownRows);
    for (const badge of numbers) {
      const outcome = badge.dataset.number;
      const shown = now[outcome] || 0;
      const total = all[outcome] || 0;
      badge.hidden = !shown;
      const values = { shown: formatted(shown), number: formatted(total), outcome: say(outcome) };
      badge.textContent = shown === total ? say("{number} {outcome}", values) : say("{shown} of {number} {outcome}", values);
    }
  };

  const countQuiet = (quiet, shownRows) => {
    const summary = quiet.querySelector("summary");
    const counts = countsOf(shownRows.filter((item) => item.quiet === quiet));
    const words = Object.entries(counts).map(([outcome, number]) => say("{number} {outcome}", { number: formatted(number), outcome: say(outcome) }));
    summary.textContent = words.join(say(" and ")) || summary.dataset.words;
  };

  const matches = (item, filter) =>
    (!filter.outcomes.size || filter.outcomes.has(item.outcome)) &&
    (!filter.since.size || filter.since.has(item.since)) &&
    (!filter.account || filter.account === item.account) &&
    (!filter.region || filter.region === item.region) &&
    filter.words.every((word) => item.text.includes(word));

  const apply = () => {
    const filter = currentFilter();
    const idle = !filter.words.length && !filter.outcomes.size && !filter.since.size && !filter.account && !filter.region
      && !filter.severity;
    index = index || read();
    let shown = 0;
    let total = 0;
    for (const { group, severity, numbers, rows } of index) {
      const severityMatches = !filter.severity || filter.severity === severity;
      const open = new Set();
      const here = [];
      for (const item of rows) {
        const match = severityMatches && matches(item, filter);
        item.row.hidden = !match;
        if (match) {
          here.push(item);
          if (item.quiet) open.add(item.quiet);
        }
      }
      group.hidden = !here.length;
      countAgain(numbers, rows, here);
      for (const quiet of group.querySelectorAll(".quiet")) {
        quiet.hidden = !open.has(quiet);
        countQuiet(quiet, here);
        quiet.open = idle ? opened.get(quiet) : open.has(quiet);
      }
      group.open = idle ? opened.get(group) : here.length > 0;
      shown += here.length;
      total += rows.length;
    }
    form.querySelector("#clear").hidden = idle;
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    if (!idle) history.replaceState(null, "", `#results?${query}`);
    else if (location.hash.includes("?")) history.replaceState(null, "", "#results");
    status.textContent = idle ? "" : say("{shown} of {number} results shown", { shown: formatted(shown), number: formatted(total) });
    empty.hidden = shown > 0;
  };

  let waiting;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); };
  form.addEventListener("input", soon);
  form.addEventListener("reset", () => setTimeout(apply, 0));
  form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });

  const only = (pairs) => {
    form.reset();
    for (const [name, value] of pairs) {
      for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (field.type !== "checkbox") field.value = value;
        else if (field.value === value) field.checked = true;
      }
    }
    apply();
  };

  // A number in the headline filters the results.
  for (const link of document.querySelectorAll("a[data-only], a[data-since]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const { only: outcome, severity, since } = link.dataset;
      only([["outcome", outcome], ["severity", severity], ["since", since]].filter(([, value]) => value));
      document.getElementById("results").scrollIntoView();
    });
  }

  // Open everything around an element, also where a filter hides it.
  const reveal = (target) => {
    if (target.closest("[hidden]")) only([]);
    for (let details = target.closest("details"); details; details = details.parentElement.closest("details")) {
      details.open = true;
    }
    target.scrollIntoView();
  };

  // An address may contain a filter, so that it can be shared, or name a check or a result.
  const follow = () => {
    const [place, query] = location.hash.slice(1).split("?");
    if (query) {
      only(new URLSearchParams(query));
      document.getElementById("results").scrollIntoView();
      return;
    }
    const target = document.getElementById(place);
    if (target && target.closest(".group")) reveal(target);
  };
  addEventListener("hashchange", follow);
  follow();

  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      form.querySelector("[type=search]").focus();
    }
  });
})();
