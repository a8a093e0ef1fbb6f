// The live total of the score forms. The server computes the total that counts; here, whole numbers keep it the same.
"use strict";

const chosen = (form, name) => form.querySelector(`input[name="${name}"]:checked`)?.value ?? "";
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, key) => values[key]);

// Screen readers hear a total once the hand rests, not at every key.
const announcer = (place) => {
  let timer = 0;
  return (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => { if (place.textContent !== text) place.textContent = text; }, 350);
  };
};

// Completed years; somebody born on 29 February turns a year older on 1 March, as on the server.
const yearsOn = (born, on) => on[0] - born[0] - (on[1] < born[1] || (on[1] === born[1] && on[2] < born[2]) ? 1 : 0);
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const dateOf = (form) => {
  const [day, month, year] = ["day", "month", "year"].map((part) => form.querySelector(`[name="assessed_on_${part}"]`).value.trim().toLowerCase());
  const number = /^\d+$/.test(month) ? Number(month) : MONTHS.indexOf(month.slice(0, 3)) + 1;
  return /^\d{1,2}$/.test(day) && /^\d{4}$/.test(year) && number >= 1 && number <= 12 ? [Number(year), number, Number(day)] : null;
};

// Going back brings back what was typed, and with it must come the key: else the same form makes a second record.
for (const key of document.querySelectorAll(".score-form [name=submission]")) {
  if (history.state?.submission) key.value = history.state.submission;
  else history.replaceState({ ...history.state, submission: key.value }, "");
}

// The foot with the total stands over the page where there is room: nothing that gets the focus may hide under it.
const foot = document.querySelector(".score-foot");
if (foot) {
  const measure = () => {
    const height = getComputedStyle(foot).position === "sticky" ? foot.offsetHeight : 0;
    document.documentElement.style.setProperty("--foot", `${height}px`);
  };
  measure(); // before the first field gets the focus
  new ResizeObserver(measure).observe(foot);
}

// EASI in twentieths of a point: (signs in halves) x area x (weight in tenths) is a whole number.
const shown = (twentieths) => (twentieths % 2 ? (twentieths / 20).toFixed(2) : (twentieths / 20).toFixed(1));

for (const box of document.querySelectorAll("[data-easi]")) {
  const form = box.closest("form");
  const rules = JSON.parse(box.dataset.easi);
  const born = rules.born.split("-").map(Number);
  const total = form.querySelector("[data-total]");
  const weightsLine = box.querySelector("[data-weights]");
  const weightsUnknown = weightsLine.textContent;
  const say = announcer(total);
  const rows = [...box.querySelectorAll(".easi-row")].map((row) => ({
    row,
    region: row.dataset.region,
    groups: [...row.querySelectorAll("fieldset")].map((group) => group.querySelector("input[type=radio]").name),
    percent: row.querySelector(".scale-percent input"),
    score: row.querySelector("[data-score]"),
    clear: row.querySelector(".easi-clear"),
  }));

  const look = () => {
    const on = dateOf(form);
    const years = on ? yearsOn(born, on) : -1;
    const set = years < 0 ? "" : years >= rules.adultFrom ? "from_8" : "under_8";
    weightsLine.textContent = set ? fill(set === "from_8" ? weightsLine.dataset.from : weightsLine.dataset.under, { age: years }) : weightsUnknown;
    let sum = 0, left = 0, clash = false;
    for (const { region, groups, score, clear } of rows) {
      const [area, ...signs] = groups.map((name) => chosen(form, name));
      const open = [area, ...signs].filter((value) => value === "").length;
      left += open;
      const halves = signs.reduce((all, value) => all + Math.round(Number(value || 0) * 2), 0);
      clear.hidden = area !== "0" || signs.every((value) => value === "0");
      if (open || !set) { score.textContent = "–"; continue; }
      if ((area === "0") !== (halves === 0)) clash = true;
      const term = halves * Number(area) * rules.weights[set][region];
      score.textContent = shown(term);
      sum += term;
    }
    if (left) say(fill(total.dataset.incomplete, { left }));
    else if (clash) say(total.dataset.clash);
    else if (!set) say(total.dataset.undated);
    else say(fill(total.dataset.complete, { total: shown(sum), band: rules.bands.find(([upto]) => sum <= upto)[1] }));
  };

  for (const { row, groups, percent, clear } of rows) {
    // The area follows what is typed; of a share that cannot be read no area stays behind.
    percent.addEventListener("input", () => {
      const share = percent.value.trim().replace(",", ".");
      const isShare = /^\d{1,3}(\.\d?)?$/.test(share) && Number(share) <= 100;
      const area = Number(share) === 0 ? 0 : 1 + rules.limits.filter((limit) => Number(share) >= limit).length;
      for (const button of row.querySelectorAll(`input[name="${groups[0]}"]`)) button.checked = isShare && button.value === String(area);
      percent.setAttribute("aria-invalid", share !== "" && !isShare);
      look();
    });
    row.addEventListener("change", (event) => {
      if (event.target.name !== groups[0]) return;
      percent.value = "";
      percent.removeAttribute("aria-invalid");
    });
    clear.querySelector("button").addEventListener("click", () => {
      for (const name of groups.slice(1)) form.querySelector(`input[name="${name}"][value="0"]`).checked = true;
      look();
      form.querySelector(`input[name="${groups.at(-1)}"]:checked`).focus();
    });
  }
  form.addEventListener("input", look);
  form.addEventListener("change", look);
  window.addEventListener("pageshow", look);
  look();
  // With a keyboard the hands are on the first group at once.
  if (matchMedia("(hover: hover)").matches && !document.querySelector(".error-summary")) {
    (box.querySelector(".scale :checked") ?? box.querySelector(".scale input")).focus();
  }
}

// A digit chooses in the group that has the focus; a point after it adds the half, where the scale has one.
document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (input.type !== "radio" || !input.closest(".scale, .levels") || event.ctrlKey || event.metaKey || event.altKey) return;
  const form = input.form;
  const wanted = /^\d$/.test(event.key) ? event.key : /^[.,]$/.test(event.key) ? `${chosen(form, input.name)}.5` : "";
  // 1 and then 0 is ten, where the scale has one.
  const ten = wanted === "0" && chosen(form, input.name) === "1" && form.querySelector(`input[name="${input.name}"][value="10"]`);
  const button = ten || wanted && form.querySelector(`input[name="${input.name}"][value="${wanted}"]`);
  if (button) {
    event.preventDefault();
    button.checked = true;
    button.focus();
    for (const happened of ["input", "change"]) button.dispatchEvent(new Event(happened, { bubbles: true }));
  }
});

// Enter in a field must not sign a form that is half filled; on a button it does what the button says.
document.addEventListener("keydown", (event) => {
  const inForm = event.target.closest?.(".score-form");
  if (inForm && event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
});

for (const place of document.querySelectorAll("[data-poem]")) {
  const form = place.closest("form");
  const say = announcer(place);
  const bands = JSON.parse(place.dataset.bands);
  const names = [...form.querySelectorAll(".scale-days")].map((group) => group.querySelector("input").name);
  const look = () => {
    const answers = names.map((name) => chosen(form, name));
    const left = answers.filter((answer) => answer === "").length;
    const open = answers.filter((answer) => answer === "open").length;
    const total = answers.reduce((all, answer) => all + (Number(answer) || 0), 0);
    if (left) say(fill(place.dataset.incomplete, { left }));
    else if (open > 1) say(fill(place.dataset.none, { open }));
    else say(fill(open ? place.dataset.imputed : place.dataset.complete, { total, band: bands.find(([upto]) => total <= upto)[1] }));
  };
  form.addEventListener("change", look);
  window.addEventListener("pageshow", look);
  look();
}
