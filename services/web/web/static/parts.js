// Makes and changes the elements of a shadow root.

// An element with a class, which is its ::part() too.
export function make(name, part, ...children) {
  const node = /svg|rect|poly/.test(name) ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  node.append(...children);
  return part ? set(node, { class: part, part }) : node;
}

// Text is written only when it changes: what has a role is read out by screen readers.
export function set(node, values, text) {
  for (const name in values) {
    const value = values[name];
    if (value == null || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : value);
  }
  if (text != null && node.textContent !== text) node.textContent = text;
  return node;
}
