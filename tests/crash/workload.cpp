// SPDX-License-Identifier: MIT
#include "crash/workload.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "crash/oracle.hpp"

namespace mapvec::test::crash {
namespace {

constexpr std::size_t most_elements = 2'500;

struct weighted_step {
  step what;
  std::size_t weight;
};

constexpr std::array<weighted_step, 25> steps_by_weight = {{
    {step::append, 30},      {step::append_pages, 6},
    {step::append_range, 8}, {step::resize_for_overwrite, 4},
    {step::shorten, 16},     {step::shorten_pages, 5},
    {step::clear, 2},        {step::reserve, 4},
    {step::cut, 8},          {step::commit, 25},
    {step::refused, 3},      {step::close, 4},
    {step::destroy, 3},      {step::abandon, 4},
    {step::replace, 3},      {step::snapshot, 2},
    {step::evict, 2},        {step::view, 4},
    {step::die, 4},          {step::stop, 5},
    {step::overwrite, 20},   {step::write, 10},
    {step::erase, 10},       {step::insert, 10},
    {step::assign, 4},
}};

bool has_place(step what, const workload_kind& in) {
  switch (what) {
    case step::refused:
      return in.disk_fails;
    case step::overwrite:
    case step::write:
    case step::erase:
    case step::insert:
    case step::assign:
      return in.changes_in_place;
    default:
      return true;
  }
}

/// As numpy.save writes it.
bytes numpy_file(const elements& values, std::size_t row_width) {
  const std::string rows = std::to_string(values.size() / std::max<std::size_t>(row_width, 1));
  const std::string shape = row_width == 0 ? rows + "," : rows + ", " + std::to_string(row_width);
  std::string text = std::string("\x93NUMPY\x01\x00\x76\x00", 10) +
                     "{'descr': '<u8', 'fortran_order': False, 'shape': (" + shape + "), }";
  text.resize(127, ' ');
  text += '\n';
  bytes file(text.size() + values.size() * sizeof(element));
  std::memcpy(file.data(), text.data(), text.size());
  if (!values.empty()) {
    std::memcpy(file.data() + text.size(), values.data(), values.size() * sizeof(element));
  }
  return file;
}

}  // namespace

options settings_of(const workload_kind& what) {
  return {.reservation_bytes = 2 * MiB, .row_width = what.row_width};
}

workload::workload(std::string directory, const workload_kind& what, std::uint64_t seed)
    : directory_(std::move(directory)),
      path_(directory_ + "/v.npy"),
      settings_(settings_of(what)),
      random_(seed, 0),
      recorder_(directory_) {
  made_.what = what;
  made_.first_number = 1 + (seed << 32);
  made_.end_number = made_.first_number;
  if (!what.has_unnamed_files) no_unnamed_files_.emplace(feature::unnamed_files, EOPNOTSUPP);
  if (!what.has_allocation) no_allocation_.emplace(feature::allocation, EOPNOTSUPP);
  name_ = recorder_.number_of_name(path_);
}

workload::~workload() { vector_.abandon(); }

template <class Steps>
recording workload::record(Steps steps) {
  try {
    begin_file();
    steps();
    close();
  } catch (const std::exception& failure) {
    made_.failure = failure.what();
  }
  made_.events = events();
  return std::move(made_);
}

recording workload::run(std::size_t steps) {
  return record([&] {
    for (std::size_t i = 0; i < steps; ++i) take(any_step());
  });
}

recording workload::run(std::span<const step> steps) {
  return record([&] {
    for (const step each : steps) take(each);
  });
}

step workload::any_step() {
  std::size_t all_weights = 0;
  for (const auto& each : steps_by_weight) all_weights += each.weight;
  for (;;) {
    std::size_t chosen = random_.below(all_weights);
    const auto* next = steps_by_weight.data();
    while (chosen >= next->weight) chosen -= next++->weight;
    if (has_place(next->what, made_.what)) return next->what;
  }
}

void workload::begin_file() {
  recorder_.begin(operation::start);
  if (made_.what.from == origin::numpy) {
    begin_with_numpy();
  } else {
    recorder_.note(event_kind::state, name_, content_table::absent);
    recorder_.note(event_kind::acknowledged, name_, content_table::absent);
    first_events_ = events().size();
    made_.what.from == origin::created ? create() : persist();
  }
}

void workload::take(step next) {
  constexpr std::array<void (workload::*)(), 25> functions = {
      &workload::append,       &workload::append_pages,
      &workload::append_range, &workload::resize_for_overwrite,
      &workload::shorten,      &workload::shorten_pages,
      &workload::clear,        &workload::reserve,
      &workload::cut,          &workload::commit,
      &workload::refused,      &workload::close,
      &workload::destroy,      &workload::abandon,
      &workload::replace,      &workload::snapshot,
      &workload::evict,        &workload::view,
      &workload::die,          &workload::stop,
      &workload::overwrite,    &workload::write,
      &workload::erase,        &workload::insert,
      &workload::assign};
  (this->*functions[static_cast<std::size_t>(next)])();
  if (!vector_.is_open()) open();
  if (!std::ranges::equal(std::as_const(vector_), expected_)) {
    throw broken_promise("the vector does not hold what was put into it");
  }
}

// --- values and notes ----------------------------------------------------------------------------

element workload::next_value() { return value_of(made_.end_number++); }

elements workload::next_values(std::size_t count) {
  elements values(count);
  std::ranges::generate(values, [this] { return next_value(); });
  return values;
}

/// Few elements as often as pages of them.
std::size_t workload::amount() { return 1 + random_.below(std::size_t{2} << random_.below(10)); }

std::size_t workload::whole_rows(std::size_t count) const {
  return count - count % std::max<std::size_t>(made_.what.row_width, 1);
}

std::size_t workload::content_now() {
  return made_.contents.intern(std::span(expected_).first(whole_rows(expected_.size())));
}

void workload::note_state() { recorder_.note(event_kind::state, name_, content_now()); }

void workload::acknowledge() { recorder_.note(event_kind::acknowledged, name_, content_now()); }

/// A row has to be complete before it can be committed.
void workload::complete_row() {
  const std::size_t row = std::max<std::size_t>(made_.what.row_width, 1);
  const std::size_t missing = (row - expected_.size() % row) % row;
  if (missing != 0) append(missing);
}

vector<element> workload::temporary_with(const elements& values) {
  options settings{.spill_threshold_bytes = random_.below(2) * 64 * KiB};
  settings.builder = random_.below(3) == 0 ? segment_builder::named(directory_)
                                           : segment_builder::unnamed(directory_);
  return vector<element>(values, settings);
}

// --- the file as a whole -------------------------------------------------------------------------

void workload::create() {
  recorder_.begin(operation::create);
  expected_.clear();
  note_state();
  vector_ = file_vector<element>::create(path_, settings_);
  acknowledge();
}

void workload::persist() {
  recorder_.begin(operation::persist);
  expected_ = next_values(whole_rows(amount() + 3));
  auto temporary = temporary_with(expected_);
  note_state();
  vector_ = mapvec::persist(std::move(temporary), path_, settings_);
  acknowledge();
}

void workload::begin_with_numpy() {
  expected_ = next_values(whole_rows(amount() + 3));
  recorder_.stop_at(0, path_, numpy_file(expected_, made_.what.row_width));
  note_state();
  acknowledge();
  first_events_ = events().size();
  open();
}

void workload::open() {
  recorder_.begin(operation::open);
  vector_ = file_vector<element>::open(path_, settings_);
  const auto& read = std::as_const(vector_);
  expected_.assign(read.begin(), read.end());
  oracle allowed(made_.contents, name_);
  for (const event& each : events()) allowed.apply(each);
  finding found{
      .exists = true, .count = expected_.size(), .content = made_.contents.find(expected_)};
  found.values_are_known =
      std::ranges::all_of(expected_, [this](element e) { return made_.made(e); });
  const std::string wrong = allowed.judge(found);
  if (!wrong.empty()) throw broken_promise("opened again: " + wrong);
  // Whether it is on the disk is another matter: the first write or commit waits for that.
  note_state();
  opened_at_ = events().size();
}

/// False while the file is only as it was found, which nobody has waited for.
bool workload::has_synced() const {
  return std::any_of(events().begin() + static_cast<std::ptrdiff_t>(opened_at_), events().end(),
                     [](const event& each) {
                       return each.what == event_kind::sync && each.during != operation::snapshot;
                     });
}

void workload::close() {
  complete_row();
  recorder_.begin(operation::close);
  vector_.close();
  if (has_synced()) acknowledge();
}

void workload::destroy() {
  complete_row();
  recorder_.begin(operation::close);
  vector_ = file_vector<element>();
  if (has_synced()) acknowledge();
}

void workload::abandon() {
  recorder_.begin(operation::abandon);
  const std::size_t kept = vector_.committed_size();
  vector_.abandon();
  open();
  if (expected_.size() != kept) throw broken_promise("abandoned: not as of the last commit");
}

void workload::replace() {
  recorder_.begin(operation::replace);
  const elements values = next_values(whole_rows(amount() + 3));
  auto next = temporary_with(values);
  recorder_.note(event_kind::state, name_, made_.contents.intern(values));
  vector_.replace(std::move(next));
  expected_ = values;
  acknowledge();
}

void workload::snapshot() {
  const std::string path = directory_ + "/copy-" + std::to_string(copies_++) + ".npy";
  const std::size_t name = recorder_.number_of_name(path);
  recorder_.begin(operation::snapshot);
  recorder_.note(event_kind::state, name, content_table::absent);
  recorder_.note(event_kind::acknowledged, name, content_table::absent);
  recorder_.note(event_kind::state, name, content_now());
  vector_.snapshot(path);
  recorder_.note(event_kind::acknowledged, name, content_now());
}

void workload::view() {
  recorder_.begin(operation::look);
  if (view_.is_open()) {
    view_ = {};
  } else {
    view_ = file_view<element>::open(path_, settings_);
  }
}

void workload::die() { end_process(false); }
void workload::stop() { end_process(true); }

/// How many events a process that ends now has come to: as if it had not come further than one of
/// the last. A count that is stored and not synced is the best moment.
std::size_t workload::last_moment() {
  const std::size_t most = std::min<std::size_t>(events().size() - first_events_, 24);
  const std::size_t any = events().size() - random_.below(most + 1);
  if (random_.below(2) == 0) return any;
  for (std::size_t kept = events().size(); kept != events().size() - most; --kept) {
    if (events()[kept - 1].stores_count) return kept;
  }
  return any;
}

void workload::end_process(bool power_fails) {
  view_ = {};
  const std::size_t kept = last_moment();
  file_vector<element> dead = std::move(vector_);
  disk before;
  for (std::size_t i = 0; i < kept; ++i) before.apply(events()[i]);
  bool exists = before.present_file(name_) != no_file;
  if (power_fails) {
    const crash_state found = before.random_state(name_, random_);
    exists = found.file != no_file;
    std::optional<bytes> image;
    if (exists) image = before.contents_of(found);
    recorder_.begin(operation::start);
    recorder_.stop_at(kept, path_, image);
  } else {
    recorder_.die_at(kept, path_);
  }
  dead.abandon();
  if (exists) return open();
  recorder_.begin(operation::start);
  recorder_.note(event_kind::acknowledged, name_, content_table::absent);
  create();
}

// --- length --------------------------------------------------------------------------------------

void workload::append(std::size_t count) {
  recorder_.begin(operation::append);
  for (std::size_t i = 0; i < count; ++i) {
    vector_.push_back(expected_.emplace_back(next_value()));
    // The kernel may write a page while it is being filled.
    if (random_.below(100) == 0) recorder_.look();
  }
  note_state();
}

void workload::append() { expected_.size() > most_elements ? shorten_pages() : append(amount()); }
void workload::append_pages() {
  expected_.size() > most_elements ? shorten_pages() : append(500 + amount());
}

void workload::append_range() {
  if (expected_.size() > most_elements) return shorten_pages();
  const elements values = next_values(amount());
  recorder_.begin(operation::append);
  vector_.append_range(values);
  expected_.insert(expected_.end(), values.begin(), values.end());
  note_state();
}

void workload::resize_for_overwrite() {
  if (expected_.size() > most_elements) return shorten_pages();
  const elements values = next_values(amount());
  recorder_.begin(operation::append);
  vector_.resize_for_overwrite(expected_.size() + values.size());
  recorder_.look();
  std::ranges::copy(values, vector_.end() - static_cast<std::ptrdiff_t>(values.size()));
  expected_.insert(expected_.end(), values.begin(), values.end());
  note_state();
}

void workload::shorten_by(std::size_t count) {
  const std::size_t size = expected_.size() - std::min(expected_.size(), count);
  recorder_.begin(operation::shorten);
  if (random_.below(2) == 0) {
    vector_.truncate(size);
  } else {
    while (vector_.size() > size) vector_.pop_back();
  }
  expected_.resize(size);
  note_state();
}

void workload::shorten() { shorten_by(amount()); }
void workload::shorten_pages() { shorten_by(500 + amount()); }

void workload::clear() {
  recorder_.begin(operation::shorten);
  vector_.clear();
  expected_.clear();
  note_state();
}

void workload::reserve() {
  recorder_.begin(operation::reserve);
  vector_.reserve(expected_.size() + amount());
}

void workload::cut() {
  recorder_.begin(operation::cut);
  vector_.shrink_to_fit();
}

// --- durability ----------------------------------------------------------------------------------

void workload::commit() {
  complete_row();
  recorder_.begin(operation::commit);
  vector_.commit();
  acknowledge();
}

/// One of the steps that only change the length or make it durable, with one call that fails.
void workload::refused() {
  constexpr std::array<void (workload::*)(), 7> functions = {
      &workload::append, &workload::append_pages, &workload::append_range, &workload::reserve,
      &workload::cut,    &workload::commit,       &workload::close};
  constexpr std::array<call, 4> calls = {call::fallocate, call::ftruncate, call::pwrite,
                                         call::fdatasync};
  const std::size_t size_before = expected_.size();
  recorder_.refuse_from_now_on(true);
  {
    const fault broken(calls[random_.below(calls.size())], random_.below(2), EIO,
                       fault_lasts::once);
    try {
      (this->*functions[random_.below(functions.size())])();
    } catch (const error&) {
      // A call that the library can do without is no reason to throw.
      if (broken.delivered() == 0) throw;
    }
  }
  if (vector_.is_open()) check_refused(size_before);
  recorder_.refuse_from_now_on(false);
}

void workload::check_refused(std::size_t size_before) {
  const auto& left = std::as_const(vector_);
  if (left.size() < std::min(size_before, expected_.size()) || left.size() > expected_.size()) {
    throw broken_promise("a length that nobody asked for, after a refused call");
  }
  expected_.resize(left.size());
  note_state();
  const std::size_t this_step = events().back().step;
  for (std::size_t i = events().size(); i != 0 && events()[i - 1].step == this_step; --i) {
    if (events()[i - 1].what == event_kind::failed_sync) return vector_.abandon();
  }
}

void workload::evict() {
  recorder_.begin(operation::evict);
  const std::size_t position = random_.below(expected_.size() + 1);
  vector_.evict(position, amount());
}

// --- changes in place ----------------------------------------------------------------------------

void workload::begin_change() {
  recorder_.begin(operation::change_in_place);
  recorder_.note(event_kind::changed_in_place, name_);
}

void workload::overwrite() {
  if (expected_.empty()) return;
  begin_change();
  for (std::size_t i = amount() / 8 + 1; i != 0; --i) {
    const std::size_t position = random_.below(expected_.size());
    vector_[position] = expected_[position] = next_value();
  }
  note_state();
}

void workload::write() {
  begin_change();
  const std::size_t position = random_.below(expected_.size() + 1);
  const elements values = next_values(std::min(amount(), expected_.size() - position));
  vector_.write(position, values);
  std::ranges::copy(values, expected_.begin() + static_cast<std::ptrdiff_t>(position));
  note_state();
}

void workload::erase() {
  begin_change();
  const std::size_t position = random_.below(expected_.size() + 1);
  const std::size_t count = std::min(amount(), expected_.size() - position);
  const auto erase_from = [&](auto& target) {
    const auto first = target.begin() + static_cast<std::ptrdiff_t>(position);
    target.erase(first, first + static_cast<std::ptrdiff_t>(count));
  };
  erase_from(vector_);
  erase_from(expected_);
  note_state();
}

void workload::insert() {
  if (expected_.size() > most_elements) return clear();
  begin_change();
  const auto position = static_cast<std::ptrdiff_t>(random_.below(expected_.size() + 1));
  const elements values = next_values(amount());
  vector_.insert_range(vector_.begin() + position, values);
  expected_.insert(expected_.begin() + position, values.begin(), values.end());
  note_state();
}

void workload::assign() {
  begin_change();
  expected_ = next_values(amount());
  vector_.assign_range(expected_);
  note_state();
}

}  // namespace mapvec::test::crash
