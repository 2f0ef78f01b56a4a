/* Lines that are a JSON object each: where the wanted members of it lie. A line with anything unusual is left to others. */

#include "kernel.h"

#include <string.h>

enum { DEEPEST = 16, MOST_DIGITS = 18, BLANK = 0x20, AWAY = 0x80 };
static const uint64_t EACH = 0x0101010101010101u, HIGH = 0x8080808080808080u;

typedef struct {
    const uint8_t *at, *stop;
    const FlForm *form;
    const FlMembers *to;
    int64_t row;
    uint64_t seen; /* members of the form */
} Reader;

static inline int next_is(Reader *reader, uint8_t octet) {
    if (reader->at >= reader->stop || *reader->at != octet) return 0;
    reader->at++;
    return 1;
}

static inline void blanks(Reader *reader) {
    while (reader->at < reader->stop && (*reader->at == ' ' || *reader->at == '\t')) reader->at++;
}

static inline uint64_t zeros(uint64_t word) { return (word - EACH) & ~word; }

/* Moves to the next quote, backslash, control or octet beyond ASCII. */
static inline void along(Reader *reader) {
    for (; reader->stop - reader->at >= 8; reader->at += 8) {
        uint64_t word;
        memcpy(&word, reader->at, 8);
        uint64_t found = (zeros(word ^ EACH * '"') | zeros(word ^ EACH * '\\') | ((word - EACH * BLANK) & ~word) | word) & HIGH;
        if (found) {
            reader->at += __builtin_ctzll(found) / 8;
            return;
        }
    }
    while (reader->at < reader->stop && *reader->at >= BLANK && *reader->at < AWAY && *reader->at != '"' && *reader->at != '\\')
        reader->at++;
}

/* Steps over one character of UTF-8 beyond ASCII (RFC 3629). */
static int character(Reader *reader) {
    const uint8_t *at = reader->at;
    int64_t left = reader->stop - at;
    int more = at[0] >= 0xC2 && at[0] < 0xE0 ? 1 : at[0] >= 0xE0 && at[0] < 0xF0 ? 2 : at[0] >= 0xF0 && at[0] < 0xF5 ? 3 : 0;
    if (!more || left <= more) return 0;
    for (int k = 1; k <= more; k++)
        if ((at[k] & 0xC0) != 0x80) return 0;
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F)) return 0;
    if ((at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F)) return 0;
    reader->at += more + 1;
    return 1;
}

/* Steps over a string of which the first quote is passed; `plain` becomes 0 where it is more than ASCII as it stands. */
static int text(Reader *reader, int *plain) {
    for (*plain = 1;; *plain = 0) {
        along(reader);
        if (next_is(reader, '"')) return 1;
        if (reader->stop - reader->at < 2 || *reader->at < BLANK) return 0;
        if (*reader->at >= AWAY) {
            if (!character(reader)) return 0;
        } else { /* a backslash */
            if (!reader->at[1] || !strchr("\"\\/bfnrt", reader->at[1])) return 0;
            reader->at += 2;
        }
    }
}

static int digits(Reader *reader) {
    const uint8_t *from = reader->at;
    while (reader->at < reader->stop && *reader->at >= '0' && *reader->at <= '9') reader->at++;
    return reader->at > from && reader->at - from <= MOST_DIGITS;
}

static int whole(Reader *reader) {
    const uint8_t *from = reader->at;
    return digits(reader) && (*from != '0' || reader->at - from == 1);
}

static int number(Reader *reader) {
    next_is(reader, '-');
    return whole(reader) && (!next_is(reader, '.') || digits(reader));
}

static int literal(Reader *reader, const char *word) {
    int64_t size = (int64_t)strlen(word);
    if (reader->stop - reader->at < size || memcmp(reader->at, word, (size_t)size)) return 0;
    reader->at += size;
    return 1;
}

static int object(Reader *reader, int64_t parent, int depth);

static int list(Reader *reader, int depth);

/* Steps over any value. */
static int value(Reader *reader, int depth) {
    int plain;
    if (reader->at >= reader->stop) return 0;
    switch (*reader->at) {
    case '"': reader->at++; return text(reader, &plain);
    case '{': return object(reader, FL_NOBODY, depth + 1);
    case '[': return list(reader, depth + 1);
    case 't': return literal(reader, "true");
    case 'f': return literal(reader, "false");
    case 'n': return literal(reader, "null");
    default: return number(reader);
    }
}

static int list(Reader *reader, int depth) {
    if (depth > DEEPEST || !next_is(reader, '[')) return 0;
    blanks(reader);
    if (next_is(reader, ']')) return 1;
    for (;;) {
        blanks(reader);
        if (!value(reader, depth)) return 0;
        blanks(reader);
        if (next_is(reader, ']')) return 1;
        if (!next_is(reader, ',')) return 0;
    }
}

/* A string that is plain, without blanks where it must be a word. */
static int plain_text(Reader *reader, int word, int64_t *start, int64_t *end) {
    int plain;
    const uint8_t *from = ++reader->at;
    if (!text(reader, &plain) || !plain) return 0;
    const uint8_t *to = reader->at - 1;
    for (const uint8_t *at = from; word && at < to; at++)
        if (*at == BLANK) return 0;
    *start = from - reader->form->octets;
    *end = to - reader->form->octets;
    return 1;
}

static int wanted(Reader *reader, int64_t which, int depth) {
    const FlMember *member = &reader->form->members[which];
    int64_t place = which * reader->to->room + reader->row;
    int64_t *start = &reader->to->starts[place], *end = &reader->to->ends[place];
    if (reader->seen >> which & 1) return 0; /* said twice */
    reader->seen |= 1ull << which;
    if (reader->at >= reader->stop) return 0;
    if (*reader->at == 'n' && member->optional) return literal(reader, "null");
    if (member->kind != FL_IS_OBJECT && *reader->at == '"') return plain_text(reader, member->kind != FL_IS_TEXT, start, end);
    *start = reader->at - reader->form->octets;
    int good = member->kind == FL_IS_OBJECT ? object(reader, which, depth + 1) : member->kind == FL_IS_NUMBER && whole(reader);
    *end = reader->at - reader->form->octets;
    return good;
}

/* The member of that name which the form has below `parent`; -1: none. */
static int64_t named(const FlForm *form, int64_t parent, const uint8_t *name, int64_t size) {
    int64_t from = parent == FL_ROOT ? 0 : form->members[parent].first;
    int64_t count = parent == FL_ROOT ? form->roots : form->members[parent].members;
    for (int64_t k = from; k < from + count; k++)
        if (form->members[k].size == size && !memcmp(form->members[k].name, name, (size_t)size)) return k;
    return -1;
}

static int member(Reader *reader, int64_t parent, int depth) {
    int plain;
    blanks(reader);
    if (!next_is(reader, '"')) return 0;
    const uint8_t *name = reader->at;
    if (!text(reader, &plain)) return 0;
    int64_t size = reader->at - 1 - name;
    blanks(reader);
    if (!next_is(reader, ':')) return 0;
    blanks(reader);
    if (parent == FL_NOBODY) return value(reader, depth);
    if (!plain) return 0; /* it may be a wanted one in other words */
    int64_t which = named(reader->form, parent, name, size);
    return which < 0 ? value(reader, depth) : wanted(reader, which, depth);
}

static int object(Reader *reader, int64_t parent, int depth) {
    if (depth > DEEPEST || !next_is(reader, '{')) return 0;
    blanks(reader);
    if (next_is(reader, '}')) return 1;
    for (;;) {
        if (!member(reader, parent, depth)) return 0;
        blanks(reader);
        if (next_is(reader, '}')) return 1;
        if (!next_is(reader, ',')) return 0;
    }
}

static int line(const FlForm *form, const FlMembers *to, const uint8_t *at, const uint8_t *stop) {
    Reader reader = {at, stop, form, to, to->rows, 0};
    for (int64_t k = 0; k < form->count; k++) to->starts[k * to->room + to->rows] = to->ends[k * to->room + to->rows] = -1;
    blanks(&reader);
    if (!object(&reader, FL_ROOT, 0)) return 0;
    blanks(&reader);
    return reader.at == stop && (reader.seen & form->required) == form->required;
}

/* Reads the text from `from` on. `to->others` are the lines that are no rows, with how many rows came before each. */
void fl_members(const FlForm *form, int64_t length, int64_t from, FlMembers *to) {
    const uint8_t *at = form->octets + from, *end = form->octets + length;
    to->rows = to->others = 0;
    while (at < end) {
        const uint8_t *found = memchr(at, '\n', (size_t)(end - at)), *stop = found ? found : end;
        if (stop > at && stop[-1] == '\r') stop--;
        if (to->rows < to->room && line(form, to, at, stop)) {
            to->rows++;
        } else if (stop > at && to->others < to->other_room) {
            to->other_start[to->others] = at - form->octets;
            to->other_end[to->others] = stop - form->octets;
            to->other_after[to->others++] = to->rows;
        }
        at = found ? found + 1 : end;
    }
}
