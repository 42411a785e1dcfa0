// What the scripts of services/web rely on and TypeScript cannot know.

// web/embed/bundle.py puts these into the scripts of the embedded elements.
declare const STYLE: string;
declare const STRINGS: Record<string, string>;
declare function INCLUDE(module: string): void;

// The page /api loads it beside api.js.
declare const SwaggerUIBundle: (options: object) => void;

// What a selector finds on these pages is an element of HTML; a name alone tells which.
interface ParentNode {
  querySelector<K extends keyof HTMLElementTagNameMap>(selectors: K): HTMLElementTagNameMap[K] | null;
  querySelector(selectors: string): HTMLElement | null;
  querySelectorAll<K extends keyof HTMLElementTagNameMap>(selectors: K): NodeListOf<HTMLElementTagNameMap[K]>;
  querySelectorAll(selectors: string): NodeListOf<HTMLElement>;
}
