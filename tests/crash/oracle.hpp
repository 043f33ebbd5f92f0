// SPDX-License-Identifier: MIT
//
// What may be found of one name after a crash: exactly one of the contents it had since the last
// acknowledgement, that one included; no file at all only where there was none since. A
// content is the elements of one length the vector had, to the whole row. While elements have been
// changed in place, it is any elements the program ever made, of such a length.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "crash/trace.hpp"

namespace mapvec::test::crash {

/// What the library made of a file that a crash left.
struct finding {
  std::string refusal{};  ///< why it is not opened, or not fit to be written to; empty if it is
  bool exists = false;
  std::size_t count = 0;
  /// In the table; nothing for what the program never had.
  std::optional<std::size_t> content{};
  bool values_are_known = false;  ///< the program made each of the elements
};

class oracle {
 public:
  oracle(const content_table& contents, std::size_t name) : contents_(&contents), name_(name) {}

  void apply(const event& next);
  /// False until the first acknowledgement: the program did not say what there is.
  bool knows() const { return !allowed_.empty(); }
  /// Empty, or what is wrong.
  std::string judge(const finding& found) const;

 private:
  bool allows_count(std::size_t count) const;

  const content_table* contents_;
  std::size_t name_;
  std::vector<std::size_t> allowed_;
  bool mixed_ = false;
};

}  // namespace mapvec::test::crash
