// Reads JSON texts, one a line, and writes the hashtags that twitter-text finds in each.
"use strict";

const readline = require("node:readline");
const { extractHashtags } = require("twitter-text");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  console.log(JSON.stringify(extractHashtags(JSON.parse(line))));
});
