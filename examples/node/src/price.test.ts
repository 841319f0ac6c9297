import { expect, test } from "vitest";
import { price } from "./price";

test("prices have two digits", () => {
  expect(price(1250)).toBe("12.50 €");
});
