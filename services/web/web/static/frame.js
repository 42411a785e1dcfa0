// Tells the page around the iframe how high the board is; widget.js, if it is there, listens.
const main = document.querySelector("main");
new ResizeObserver(() => {
  parent.postMessage({ "trending-hashtags": { height: main.offsetHeight } }, "*");
}).observe(main);
