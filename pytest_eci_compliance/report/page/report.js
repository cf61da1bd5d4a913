"use strict";
(() => {
  const form = document.querySelector("#filters");
  const groups = [...document.querySelectorAll(".group")];
  if (!form || !groups.length) return;
  form.hidden = false;

  const said = document.querySelector("#shown");
  const empty = document.querySelector("#nothing");
  const opened = new Map([...document.querySelectorAll("#results details")].map((one) => [one, one.open]));
  let index;

  // Reading the text of ten thousand rows takes a moment, so it waits for the first filter.
  const read = () => groups.map((group) => ({
    group,
    severity: group.dataset.severity,
    rows: [...group.querySelectorAll(".row")].map((row) => ({
      row,
      quiet: row.closest(".quiet"),
      text: `${group.dataset.check} ${row.textContent}`.toLowerCase(),
      outcome: row.dataset.outcome,
      account: row.dataset.account,
      region: row.dataset.region,
    })),
  }));

  const wanted = () => {
    const data = new FormData(form);
    return {
      words: (data.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean),
      outcomes: new Set(data.getAll("outcome")),
      account: data.get("account") || "",
      region: data.get("region") || "",
      severity: data.get("severity") || "",
    };
  };

  const fits = (one, want) =>
    (!want.outcomes.size || want.outcomes.has(one.outcome)) &&
    (!want.account || want.account === one.account) &&
    (!want.region || want.region === one.region) &&
    want.words.every((word) => one.text.includes(word));

  const apply = () => {
    const want = wanted();
    const idle = !want.words.length && !want.outcomes.size && !want.account && !want.region && !want.severity;
    index = index || read();
    let shown = 0;
    let total = 0;
    for (const { group, severity, rows } of index) {
      const right = !want.severity || want.severity === severity;
      const open = new Set();
      let here = 0;
      for (const one of rows) {
        const fit = right && fits(one, want);
        one.row.hidden = !fit;
        if (fit) {
          here += 1;
          if (one.quiet) open.add(one.quiet);
        }
      }
      group.hidden = !here;
      for (const quiet of group.querySelectorAll(".quiet")) {
        quiet.hidden = !open.has(quiet);
        quiet.open = idle ? opened.get(quiet) : open.has(quiet);
      }
      group.open = idle ? opened.get(group) : here > 0;
      shown += here;
      total += rows.length;
    }
    form.querySelector("#clear").hidden = idle;
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    if (!idle) history.replaceState(null, "", `#results?${query}`);
    else if (location.hash.includes("?")) history.replaceState(null, "", "#results");
    said.textContent = idle ? "" : `${shown} of ${total} results shown`;
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

  // A number of the verdict leads to its results.
  for (const link of document.querySelectorAll("a[data-only]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      only([["outcome", link.dataset.only]]);
      document.getElementById("results").scrollIntoView();
    });
  }

  // An address may hold a filter, so that it can be handed on, or a check, also one that a filter hid.
  const follow = () => {
    const [place, query] = location.hash.slice(1).split("?");
    if (query) {
      only(new URLSearchParams(query));
      document.getElementById("results").scrollIntoView();
      return;
    }
    const target = document.getElementById(place);
    if (!target || !target.classList.contains("group")) return;
    if (target.hidden) only([]);
    target.open = true;
    target.scrollIntoView();
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
