// SPDX-License-Identifier: MIT
//
// Children for what a test process must not do to itself: limits, other users, death.
#pragma once

#include <functional>
#include <string>

#include <sys/types.h>

namespace mapvec::test {

/// What a child's body throws to fail; its text reaches stderr.
class child_failure {
 public:
  explicit child_failure(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// In a child: throws child_failure with `text` unless `condition`.
void require(bool condition, const std::string& text);

/// In a child: throws child_failure unless `operation` throws mapvec::error with EPERM.
void require_refused(const std::string& name, const std::function<void()>& operation);

/// Forks, runs `body` in the child and ends it with _exit(0), or with _exit(1) after an exception.
/// Returns what the child came to, "exit 0" or "signal 7", such that the test compares and prints
/// it.
std::string in_child(const std::function<void()>& body);

/// The same after becoming the user nobody.
std::string in_child_as_nobody(const std::function<void()>& body);

/// A child that runs on, and the pipe over which it says that it is ready. The destructor kills it.
class running_child {
 public:
  /// `body` calls its argument when it is ready and then goes on until it is killed.
  explicit running_child(const std::function<void(const std::function<void()>&)>& body);
  ~running_child();
  running_child(const running_child&) = delete;
  running_child& operator=(const running_child&) = delete;

  pid_t pid() const { return pid_; }
  /// False where the child died instead.
  bool wait_until_ready() const;
  /// Stops the child at once, so that it can be looked at; then kill_now.
  void stop() const;
  /// SIGKILL, and waits until the child is gone. Returns what it came to.
  std::string kill_now();

 private:
  pid_t pid_ = -1;
  int ready_fd_ = -1;
};

std::string describe_status(int status);

/// Sets a resource limit of the calling process, soft and hard; throws child_failure.
void limit_resource(int resource, unsigned long value);

}  // namespace mapvec::test
