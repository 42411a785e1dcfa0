// Elements of the page. Tags are text from strangers: they only ever become text.

export function element(name, ...children) {
  const node = document.createElement(name);
  node.append(...children);
  return node;
}

// A tag in its own direction, which no translator is to touch.
export function tagged(tag) {
  const node = element("bdi", `#${tag}`);
  node.translate = false;
  return node;
}
