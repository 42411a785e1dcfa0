// Keeps what is chosen in a form while the visitor goes from page to page in the same tab.

/** Fills the form as it was left, but for the fields in `except`, and keeps it when the page goes. */
export function keepForm(form, except) {
  const name = `form-${form.id}`;
  fill(form, read(name), except);
  addEventListener("pagehide", () => write(name, [...new FormData(form)]));
}

// A visitor may have turned storage off.
function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}

function write(name, entries) {
  try {
    sessionStorage.setItem(name, JSON.stringify(entries));
  } catch {
    // Then the next page begins with the defaults.
  }
}

function fill(form, entries, except) {
  if (!entries) return;
  for (const field of form.elements) {
    if (!field.name || except.includes(field.name)) continue;
    const values = entries.filter(([name]) => name === field.name).map(([, value]) => value);
    if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
    else if (values.length) field.value = values[0];
  }
}
