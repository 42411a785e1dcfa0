// The snippet names the address this page was really reached under, whatever proxies did.
const address = document.querySelector("[data-widget-url]");
const { board } = document.querySelector("[data-trends]").dataset;
address.textContent = new URL(`widget?board=${board}`, location.href).href;
