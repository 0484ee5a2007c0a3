import js from "@eslint/js";

const browser = [
  "window", "AbortController", "document", "fetch", "Image", "FontFace", "CSS", "URL", "URLSearchParams", "ResizeObserver", "HTMLElement",
  "requestAnimationFrame", "setTimeout", "clearTimeout", "structuredClone", "performance", "EventTarget", "CustomEvent", "FormData",
  "localStorage", "location",
];

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2023, globals: Object.fromEntries(browser.map((name) => [name, "readonly"])) },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({ property, message: "Words go in as text: see page/dom.js." })),
      ],
      "no-console": "error",
      eqeqeq: "error",
      "prefer-const": "error",
      "no-var": "error",
    },
  },
];
