// The language of the page with the visitor's region, by which numbers and times are written:
// en-GB has 24 hours, en-US has 12.

const page = document.documentElement.lang;

export const locale = navigator.languages.find((each) => each.split("-")[0] === page) ?? page;

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
