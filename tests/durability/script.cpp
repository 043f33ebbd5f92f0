// SPDX-License-Identifier: MIT
#include "durability/script.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include <mapvec/vector.hpp>

#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

std::uint64_t value_of(const script_round& round, std::size_t position) {
  return round.first_value + position;
}

void append(const script_round& round, state& elements) {
  for (std::size_t i = 0; i < round.appended; ++i) elements.push_back(value_of(round, i));
}

bool equal(std::span<const std::uint64_t> found, const state& wanted) {
  return found.size() == wanted.size() &&
         (wanted.empty() || std::memcmp(found.data(), wanted.data(), found.size_bytes()) == 0);
}

bool shrinks_first(const script_round& round, std::size_t size, std::size_t committed_size) {
  return size < committed_size && (round.appended != 0 || round.gives_back);
}

std::string describe(std::span<const std::uint64_t> found, const state& wanted) {
  const auto first = std::ranges::mismatch(found, wanted).in1 - found.begin();
  return std::to_string(found.size()) + " elements instead of " + std::to_string(wanted.size()) +
         ", equal up to " + std::to_string(first);
}

std::string describe_unless_one_of(std::span<const std::uint64_t> found,
                                   const std::vector<const std::optional<state>*>& allowed) {
  std::string text;
  for (const std::optional<state>* each : allowed) {
    if (each->has_value() && equal(found, **each)) return {};
    text += each->has_value() ? describe(found, **each) + "; " : "a file where there was none; ";
  }
  return text;
}

}  // namespace

script_round script::next(std::size_t size) {
  script_round round;
  ++round_;
  const bool is_large = limits_.large_append != 0 && round_ % 20 == 5;
  const std::size_t choice = up_to(9);
  // Mostly all stay; else a few go, or most, or all.
  if (choice < 5) round.kept = size;
  if (choice == 5 || choice == 6) round.kept = size - std::min(size, up_to(100));
  if (choice == 7 || choice == 8) round.kept = up_to(size);
  if (size > limits_.size) round.kept = up_to(limits_.size / 2);
  round.gives_back = up_to(4) == 0;
  round.appended = up_to(7) == 0 ? 0 : up_to(limits_.append);
  if (is_large) round.appended = limits_.large_append;
  round.as_range = up_to(1) == 0;
  round.writes_early = up_to(3) == 0;
  constexpr ending endings[] = {ending::commit, ending::commit,  ending::commit,
                                ending::reopen, ending::abandon, ending::replace};
  round.how = is_large ? ending::commit : endings[up_to(5)];
  round.first_value = next_value_;
  next_value_ += round.appended + 1;
  return round;
}

std::vector<state> states_of(const script_round& round, const state& before) {
  std::vector<state> result;
  state elements(before.begin(),
                 before.begin() + static_cast<std::ptrdiff_t>(std::min(round.kept, before.size())));
  if (shrinks_first(round, elements.size(), before.size())) result.push_back(elements);
  if (round.how == ending::abandon) return result;
  append(round, elements);
  if (round.how == ending::replace) std::ranges::reverse(elements);
  result.push_back(std::move(elements));
  return result;
}

void run_round(const script_round& round, words& v, const std::function<void()>& durable) {
  v.truncate(round.kept);
  const bool shrinks = shrinks_first(round, v.size(), v.committed_size());
  if (round.gives_back) v.shrink_to_fit();
  if (shrinks && round.gives_back) durable();
  const std::size_t size = v.size();
  if (round.as_range) {
    state values;
    append(round, values);
    v.append_range(values);
    if (shrinks && !round.gives_back) durable();
  } else {
    for (std::size_t i = 0; i < round.appended; ++i) {
      v.push_back(value_of(round, i));
      if (i == 0 && shrinks && !round.gives_back) durable();
      if (round.writes_early && i == round.appended / 2) v.evict(0, v.size());
    }
  }
  require(v.size() == size + round.appended, "the size is wrong");
  const std::string path = v.path();
  switch (round.how) {
    case ending::commit:
      v.commit();
      return durable();
    case ending::reopen:
      v.close();
      durable();
      v = words::open(path);
      return;
    case ending::abandon:
      v.abandon();
      v = words::open(path);
      return;
    case ending::replace: {
      vector<std::uint64_t> next(std::as_const(v).rbegin(), std::as_const(v).rend());
      v.replace(std::move(next));
      return durable();
    }
  }
}

std::string describe_unless_one_of(const std::string& path,
                                   const std::vector<const std::optional<state>*>& allowed) {
  try {
    const words_view view = words_view::open(path);
    const words reopened = words::open(path);
    if (!std::ranges::equal(view, reopened)) return "file_view and file_vector disagree";
    return describe_unless_one_of(std::span(view.data(), view.size()), allowed);
  } catch (const error& failure) {
    const bool may_be_none = std::ranges::any_of(allowed, [](const auto* each) { return !*each; });
    return failure.code().value() == ENOENT && may_be_none ? std::string() : failure.what();
  } catch (const std::exception& failure) {
    return failure.what();
  }
}

}  // namespace mapvec::test
