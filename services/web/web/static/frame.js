// Tells the page around the iframe how high the board is; widget.js, if it is there, listens.
new ResizeObserver(([{ target }]) => {
  parent.postMessage({ "trending-hashtags": { height: target.offsetHeight } }, "*");
}).observe(document.querySelector("main"));
