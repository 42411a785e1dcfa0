// Draws the API with Swagger UI, which /vendor/swagger-ui-bundle.js has put on the window.

const routes = document.querySelector("#routes");
const dark = matchMedia("(prefers-color-scheme: dark)");

// Swagger UI goes by a class, not by the visitor's system.
function follow() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

dark.addEventListener("change", follow);
follow();

// Its fields have no names for screen readers.
new MutationObserver(() => {
  for (const row of routes.querySelectorAll("tr[data-param-name]")) {
    for (const field of row.querySelectorAll(":is(select, input):not([aria-label])")) {
      field.setAttribute("aria-label", row.dataset.paramName);
    }
  }
}).observe(routes, { childList: true, subtree: true });

SwaggerUIBundle({
  domNode: routes,
  url: new URL("openapi.json", document.baseURI).href,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  supportedSubmitMethods: ["get"],
  // It would send the address to a server elsewhere.
  validatorUrl: null,
  // The description stands outside of the main part of the page: a part of its own, with a name.
  onComplete: () => routes.querySelector(".information-container section").setAttribute("aria-label", "About"),
});
