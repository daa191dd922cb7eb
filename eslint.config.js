import graphql from "@graphql-eslint/eslint-plugin";

const all = graphql.configs["flat/schema-all"].rules;
const relay = graphql.configs["flat/schema-relay"].rules;

/** Lints only the contract; Biome lints the code. */
export default [
  {
    files: ["schema.graphql"],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: "schema.graphql" } },
    },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...all,
      ...relay,
      // Fields, arguments and enum values are part of the contract, too.
      "@graphql-eslint/require-description": [
        "error",
        { types: true, FieldDefinition: true, EnumValueDefinition: true, InputValueDefinition: true },
      ],
      // Fields are in reading order: the most used first.
      "@graphql-eslint/alphabetize": "off",
      // Flat arguments are short to write: `generateToken(sessionId: $id, role: MODERATOR)`.
      "@graphql-eslint/input-name": "off",
      // `Session.sessionId` is the name in the platform's SDKs.
      "@graphql-eslint/no-typename-prefix": "off",
      // The schema has all three root types.
      "@graphql-eslint/no-root-type": "off",
      // A mutation returns what it creates, and changes nothing else that a client would read again.
      "@graphql-eslint/require-field-of-type-query-in-mutation-result": "off",
      // `videoCaller` and `videoProject` cannot fail. test/api/partial-answers.test.ts tests the others.
      "@graphql-eslint/require-nullable-result-in-root": "off",
      // Parts and results have no identity; there is one project.
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            types: [
              "CreatedApiKey",
              "IssuancePeriod",
              "MissingPermission",
              "PageInfo",
              "Permission",
              "RoleCount",
              "TokenInspection",
              "TokenRefusal",
              "VideoGrant",
              "AllowedSessionOptions",
              "VideoProject",
            ],
            suffixes: ["Connection", "Edge"],
          },
        },
      ],
      // It requires an argument `deletionDate`, which the standard `@deprecated` lacks. The reason has the date.
      "@graphql-eslint/require-deprecation-date": "off",
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "Directive[name.value=deprecated]:not(:has(StringValue[value=/^Use .+\\. Removed after \\d{4}-\\d{2}-\\d{2}\\.$/]))",
          message: 'Write @deprecated(reason: "Use X. Removed after YYYY-MM-DD."), as CONTRIBUTING.md says.',
        },
      ],
      // Lists page forward only.
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
      // `nodes` spares clients the edges. Other lists are short and complete. An API key is no node: its name identifies it.
      "@graphql-eslint/relay-edge-types": [
        "error",
        { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false },
      ],
    },
  },
];
