import assert from "node:assert/strict";
import { test } from "node:test";
import {
  birthDateOf, checkSign, documentType, identityFault, isBirthDate, isIdentity, isName, normalIdentity, sexOf,
} from "../src/phone/identity.ts";

const today = new Date(2022, 8, 2);
const GOOD = "11010519491231002X"; // the example of GB 11643-1999

test("a number is right with its check sign, as it is typed", () => {
  assert.equal(identityFault(GOOD, today), null);
  assert.equal(normalIdentity(" １１０１０５-19491231 002x"), GOOD);
  assert.ok(isIdentity("110105 19491231 002x", today));
  assert.equal(birthDateOf(GOOD), "1949-12-31");
  assert.equal(sexOf(GOOD), "female");
});

test("each thing that can be wrong has its word", () => {
  const cases: [string, string][] = [
    ["110105491231002", "fifteen_digits"],
    ["1101051949123100", "length"],
    ["1101051949123100XX", "signs"],
    ["00010519491231002X", "division"],
    ["110105194902310021", "birth_date"],
    ["110105209912310021", "future"],
    ["110105194912310021", "check_digit"],
  ];
  for (const [number, fault] of cases) assert.equal(identityFault(number, today), fault, number);
});

test("one wrong digit, or two neighbours swapped, is always noticed", () => {
  for (let at = 0; at < 17; at++) {
    for (let digit = 0; digit < 10; digit++) {
      const changed = GOOD.slice(0, at) + String(digit) + GOOD.slice(at + 1);
      if (changed !== GOOD) assert.notEqual(checkSign(changed), GOOD[17]);
    }
    const swapped = GOOD.slice(0, at) + (GOOD[at + 1] ?? "") + (GOOD[at] ?? "") + GOOD.slice(at + 2);
    if (at < 16 && swapped !== GOOD) assert.notEqual(checkSign(swapped), GOOD[17]);
  }
});

test("permanent residents of other countries have a card of their own type", () => {
  assert.equal(documentType("911124198108030024"), "34");
  assert.equal(documentType("990105198301010010"), "10");
  assert.equal(documentType(GOOD), "10");
});

test("a day of birth is a day that was", () => {
  assert.ok(isBirthDate("2022-09-02", today));
  assert.ok(isBirthDate("2020-02-29", today));
  for (const odd of ["2022-09-03", "1899-12-31", "2021-02-29", "1980-1-2", "", "2022-13-01"])
    assert.ok(!isBirthDate(odd, today), odd);
});

test("a name has letters of any script and no digits", () => {
  for (const name of ["王建国", "欧阳祎", "阿卜杜拉·买买提", "John Smith", "O’Brien", "Ли Вэй", "ᠪᠠᠲᠤ"])
    assert.ok(isName(name), name);
  for (const odd of ["", "王", "王1", "··", "a".repeat(51), "<b>x</b>"]) assert.ok(!isName(odd), odd);
});
