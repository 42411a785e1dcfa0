// Gives the board the visitor's region before widget.js draws it: it writes numbers and times as
// the rest of the page does.

import { locale } from "./locale.js";

document.querySelector("#board trending-hashtags").lang = locale;
