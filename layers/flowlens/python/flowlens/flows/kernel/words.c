/* Lines of words, and what words say: whole numbers, addresses, the same as another. */

#include "kernel.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

enum { BLANK = 0x20, MOST_DIGITS = 18, MOST_DOTTED = 15, MOST_ADDRESS = 45, LONGEST_TIME = 30, TRIES = 16 };
static const uint64_t EACH = 0x0101010101010101u, HIGH = 0x8080808080808080u, MAPPED = 0xFFFF00000000u;
static const uint64_t GOLDEN = 0x9E3779B97F4A7C15u, MIX = 0xBF58476D1CE4E5B9u;

typedef struct {
    const uint8_t *at;
    int64_t size;
} Word;

/* A word that does not lie in the text is an empty one. */
static inline Word word_of(const FlWords *words, int64_t row) {
    int64_t start = words->starts[row], end = words->ends[row];
    if (start < 0 || end <= start || end > words->length) return (Word){words->octets, 0};
    return (Word){words->octets + start, end - start};
}

/* The eight octets that end `back` before the word's end, the last one highest; those before its start are zero. */
static inline uint64_t eight(const FlWords *words, Word word, int64_t back) {
    uint64_t found = 0;
    int64_t kept = word.size - back;
    if (kept <= 0) return 0;
    const uint8_t *end = word.at + kept;
    if (end - words->octets >= 8) {
        memcpy(&found, end - 8, 8);
        return kept >= 8 ? found : found & ~0ull << (64 - 8 * kept);
    }
    for (int64_t k = 0; k < kept; k++) found |= (uint64_t)word.at[k] << 8 * (8 - kept + k);
    return found;
}

static inline int same(Word one, Word other) { return one.size == other.size && !memcmp(one.at, other.at, (size_t)one.size); }

typedef struct {
    int64_t start, begun, count, number; /* of the word; of the line, its words and which it is */
} Line;

static inline void broken(FlLines *to, Line *line, int64_t end, int64_t words) {
    int64_t filled = end > line->begun;
    to->lines += filled;
    if (line->count == words && to->rows < to->room) {
        to->line[to->rows++] = line->number;
    } else if (filled) {
        if (to->bad < to->told) to->bad_starts[to->bad] = line->begun, to->bad_ends[to->bad] = end;
        to->bad++;
    }
    *line = (Line){end + 1, end + 1, 0, line->number + 1};
}

static inline void parted(FlLines *to, Line *line, int64_t end, int64_t words, uint8_t by) {
    if (line->count < words && to->rows < to->room) {
        int64_t place = line->count * to->room + to->rows;
        to->starts[place] = line->start;
        to->ends[place] = end;
    }
    line->count++;
    line->start = end + 1;
    if (by == '\n') broken(to, line, end, words);
}

/* Splits text at every blank or less. A line of `words` words is a row; what follows the last line is not looked at. */
void fl_lines(const uint8_t *octets, int64_t length, int64_t from, int64_t words, FlLines *to) {
    Line line = {from, from, 0, 0};
    int64_t at = from;
    to->rows = to->lines = to->bad = 0;
    for (; length - at >= 8; at += 8) {
        uint64_t some;
        memcpy(&some, octets + at, 8);
        uint64_t blank = ~(((some & ~HIGH) + EACH * (0x7F - BLANK)) | some) & HIGH;
        for (; blank; blank &= blank - 1) {
            int64_t end = at + __builtin_ctzll(blank) / 8;
            parted(to, &line, end, words, octets[end]);
        }
    }
    for (; at < length; at++)
        if (octets[at] <= BLANK) parted(to, &line, at, words, octets[at]);
}

/* Eight digits at once: pairs, then fours, then all (D. Lemire's way). */
static inline int eight_digits(uint64_t found, int64_t kept, uint64_t *value) {
    uint64_t digits = found ^ (kept >= 8 ? EACH * '0' : (EACH * '0') & ~0ull << (64 - 8 * kept));
    if (((digits + EACH * 0x76) | digits) & HIGH) return 0;
    uint64_t pairs = digits * 10 + (digits >> 8);
    *value = ((pairs & 0x000000FF000000FF) * 0x000F424000000064 + (pairs >> 16 & 0x000000FF000000FF) * 0x0000271000000001) >> 32;
    return 1;
}

/* One to eighteen digits. */
static int number(const FlWords *words, Word word, uint64_t *value) {
    static const uint64_t scale[] = {1, 100000000, 10000000000000000};
    if (!word.size || word.size > MOST_DIGITS) return 0;
    *value = 0;
    for (int64_t back = 0; back < word.size; back += 8) {
        uint64_t part;
        if (!eight_digits(eight(words, word, back), word.size - back, &part)) return 0;
        *value += part * scale[back / 8];
    }
    return 1;
}

static inline int silent(Word word) { return !word.size || (word.size == 1 && *word.at == '-'); }

/* `said` becomes FL_NOTHING, FL_SAID or FL_WRONG; values are 0 but where it is FL_SAID. */
void fl_numbers(const FlWords *words, uint64_t *values, uint8_t *said) {
    for (int64_t i = 0; i < words->count; i++) {
        Word word = word_of(words, i);
        int good = number(words, word, &values[i]);
        if (!good) values[i] = 0;
        said[i] = good ? FL_SAID : silent(word) ? FL_NOTHING : FL_WRONG;
    }
}

/* Four numbers below 256, none with a zero before it. */
static int dotted(Word word, uint64_t *low) {
    uint32_t address = 0, part = 0, digits = 0, dots = 0;
    if (word.size > MOST_DOTTED) return 0;
    for (int64_t k = 0; k < word.size; k++) {
        uint32_t digit = (uint32_t)word.at[k] - '0';
        if (digit < 10) {
            if ((digits && !part) || (part = part * 10 + digit) > 255) return 0;
            digits++;
        } else {
            if (word.at[k] != '.' || !digits) return 0;
            address = address << 8 | part;
            part = digits = 0;
            dots++;
        }
    }
    if (dots != 3 || !digits) return 0;
    *low = MAPPED | (uint64_t)(address << 8 | part);
    return 1;
}

static int sixfold(Word word, uint64_t *high, uint64_t *low) {
    char text[MOST_ADDRESS + 1];
    uint64_t halves[2];
    if (word.size > MOST_ADDRESS || memchr(word.at, 0, (size_t)word.size)) return 0;
    memcpy(text, word.at, (size_t)word.size);
    text[word.size] = 0;
    if (inet_pton(AF_INET6, text, halves) != 1) return 0;
    *high = __builtin_bswap64(halves[0]);
    *low = __builtin_bswap64(halves[1]);
    return 1;
}

/* `said` becomes FL_NOTHING, FL_WRONG, or 4 or 6. Where a word is that of `like`, what is known of that holds. */
void fl_addresses(const FlWords *words, const FlWords *like, const FlAddresses *known, const FlAddresses *to) {
    for (int64_t i = 0; i < words->count; i++) {
        Word word = word_of(words, i);
        if (like && same(word, word_of(like, i))) {
            to->high[i] = known->high[i], to->low[i] = known->low[i], to->said[i] = known->said[i];
            continue;
        }
        to->high[i] = to->low[i] = 0;
        if (silent(word))
            to->said[i] = FL_NOTHING;
        else if (dotted(word, &to->low[i]))
            to->said[i] = 4;
        else
            to->said[i] = sixfold(word, &to->high[i], &to->low[i]) ? 6 : FL_WRONG;
    }
}

/* Digits of a time, two or four of them. */
static inline int32_t digits(const uint8_t *at, int count) {
    int32_t value = 0;
    for (int k = 0; k < count; k++) {
        if (at[k] < '0' || at[k] > '9') return -1;
        value = value * 10 + at[k] - '0';
    }
    return value;
}

/* Since 1970; a day that a month does not have is one of the next month (H. Hinnant's way). */
static int64_t days(int32_t year, int32_t month, int32_t day) {
    year -= month <= 2;
    int32_t of_era = year % 400, of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (int64_t)(year / 400) * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Milliseconds since 1970 of YYYY-MM-DDThh:mm:ss, up to nine more digits behind a dot, and Z. */
static int time_of(Word word, int64_t *milliseconds) {
    const uint8_t *at = word.at;
    if (word.size < 20 || word.size > LONGEST_TIME || at[word.size - 1] != 'Z') return 0;
    if (at[4] != '-' || at[7] != '-' || at[10] != 'T' || at[13] != ':' || at[16] != ':') return 0;
    int32_t year = digits(at, 4), month = digits(at + 5, 2), day = digits(at + 8, 2);
    int32_t hour = digits(at + 11, 2), minute = digits(at + 14, 2), second = digits(at + 17, 2), fraction = 0;
    if (year < 2000 || year > 2099 || month < 1 || month > 12 || day < 1 || day > 31) return 0;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return 0;
    if (word.size == 21 || (word.size > 21 && at[19] != '.')) return 0;
    for (int64_t k = 20; k < word.size - 1; k++) {
        if (at[k] < '0' || at[k] > '9') return 0;
        if (k < 23) fraction = fraction * 10 + at[k] - '0';
    }
    for (int64_t k = word.size - 1; k < 23 && k >= 20; k++) fraction *= 10;
    *milliseconds = (((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + fraction;
    return 1;
}

/* Times in UTC (RFC 3339) from 2000 to 2099; the others are 0. */
void fl_times(const FlWords *words, int64_t *milliseconds, uint8_t *good) {
    for (int64_t i = 0; i < words->count; i++) {
        milliseconds[i] = 0;
        good[i] = (uint8_t)time_of(word_of(words, i), &milliseconds[i]);
    }
}

/* Which words are these octets and nothing else. */
void fl_equal(const FlWords *words, const uint8_t *octets, int64_t size, uint8_t *equal) {
    Word wanted = {octets, size};
    for (int64_t i = 0; i < words->count; i++) equal[i] = (uint8_t)same(word_of(words, i), wanted);
}

static int alike(const FlWords *columns, int64_t count, int64_t one, int64_t other) {
    for (int64_t k = 0; k < count; k++)
        if (!same(word_of(&columns[k], one), word_of(&columns[k], other))) return 0;
    return 1;
}

static uint64_t hash_of(const FlWords *columns, int64_t count, int64_t row) {
    uint64_t state = GOLDEN;
    for (int64_t k = 0; k < count; k++) {
        Word word = word_of(&columns[k], row);
        state += (uint64_t)word.size;
        for (int64_t back = 0; back < word.size; back += 8) {
            state = (state ^ eight(&columns[k], word, back)) * MIX;
            state ^= state >> 32;
        }
    }
    return state;
}

/* Numbers rows that hold the same words in all columns by the first of them. Returns how many there are; -1: too many
   share places in the table, which is all 0 and has a power of two of them. */
int64_t fl_distinct(const FlWords *columns, int64_t count, int32_t *table, int64_t places, int64_t *which, int64_t *firsts) {
    int64_t found = 0, rows = columns[0].count, tries = 0;
    for (int64_t i = 0; i < rows; i++) {
        uint64_t at = hash_of(columns, count, i) & (uint64_t)(places - 1);
        for (; table[at] && !alike(columns, count, firsts[table[at] - 1], i); at = (at + 1) & (uint64_t)(places - 1))
            if (++tries > TRIES * rows) return -1;
        if (!table[at]) {
            firsts[found++] = i;
            table[at] = (int32_t)found;
        }
        which[i] = table[at] - 1;
    }
    return found;
}
