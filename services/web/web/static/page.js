// The snippet names the address this page was really reached under, whatever proxies did.
const address = document.querySelector("[data-widget-url]");
const { query } = document.querySelector("[data-trends]").dataset;
address.textContent = new URL(`widget?${query}`, location.href).href;
