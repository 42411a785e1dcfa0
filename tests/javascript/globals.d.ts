// What the scripts of services/web rely on and TypeScript cannot know.

// web/embed/bundle.py puts these into the scripts of the embedded elements.
declare const STYLE: string;
declare const STRINGS: Record<string, string>;
declare function INCLUDE(module: string): void;

// What these modules export is known where they are included.
declare const make: typeof import("../../services/web/web/static/parts.js").make;
declare const set: typeof import("../../services/web/web/static/parts.js").set;
declare const around: typeof import("../../services/web/web/static/ground.js").around;
declare const isOnDark: typeof import("../../services/web/web/static/ground.js").isOnDark;
declare const tints: typeof import("../../services/web/web/static/ground.js").tints;
declare const changes: typeof import("../../services/web/web/static/ground.js").changes;
declare const makePoller: typeof import("../../services/web/web/static/poller.js").makePoller;
declare const retryAfter: typeof import("../../services/web/web/static/poller.js").retryAfter;
declare const RANGES: typeof import("../../services/web/web/static/series.js").RANGES;
declare const DEFAULT_RANGE: typeof import("../../services/web/web/static/series.js").DEFAULT_RANGE;
declare const interval: typeof import("../../services/web/web/static/series.js").interval;
declare const combine: typeof import("../../services/web/web/static/series.js").combine;
declare const Bars: typeof import("../../services/web/web/static/bars.js").Bars;

// The page /api loads it beside api.js.
declare const SwaggerUIBundle: (options: object) => void;

// What a selector finds on these pages is an element of HTML; a name alone tells which.
interface ParentNode {
  querySelector<K extends keyof HTMLElementTagNameMap>(selectors: K): HTMLElementTagNameMap[K] | null;
  querySelector(selectors: string): HTMLElement | null;
  querySelectorAll<K extends keyof HTMLElementTagNameMap>(selectors: K): NodeListOf<HTMLElementTagNameMap[K]>;
  querySelectorAll(selectors: string): NodeListOf<HTMLElement>;
}
