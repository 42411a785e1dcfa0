// The page around an element: what it has behind the element tells light from dark.

export function* around(node) {
  do {
    node = node.assignedSlot || node.parentNode || node.host;
    if (node?.style) yield node;
  } while (node);
}

// Mixing turns any colour into one of sRGB: how light it is, or NaN for one that is seen through.
function lightness(colour, probe) {
  probe.style.outlineColor = `color-mix(in srgb, ${colour}, ${colour})`;
  const [red, green, blue, alpha = 1] = /** @type {any[]} */ (getComputedStyle(probe).outlineColor.match(/[\d.e-]+/g) || []);
  return alpha < 0.5 ? NaN : 0.2 * red + 0.7 * green + 0.1 * blue;
}

// The first ground on the way up decides. For a picture, and where there is none up to the
// root, it is the text: what the browser itself writes there goes with `color-scheme`.
export function isOnDark(element, probe) {
  let style;
  for (const node of around(element)) {
    style = getComputedStyle(node);
    const ground = lightness(style.backgroundColor, probe);
    if (ground >= 0) return ground < 0.5;
    if (style.backgroundImage !== "none") break;
  }
  return lightness(style.color, probe) > 0.5;
}

export const tints = new Set();
const retint = () => {
  for (const tint of tints) tint();
};
export const changes = new MutationObserver(retint);
matchMedia("(prefers-color-scheme: dark)").onchange = retint;
document.addEventListener("transitionend", retint);
