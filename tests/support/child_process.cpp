// SPDX-License-Identifier: MIT
#include "support/child_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>

#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>

namespace mapvec::test {
namespace {

[[noreturn]] void run_and_exit(const std::function<void()>& body) {
  int code = 1;
  try {
    body();
    code = 0;
  } catch (const child_failure& failure) {
    std::fprintf(stderr, "child: %s\n", failure.text().c_str());
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "child: unexpected exception: %s\n", failure.what());
  }
  ::_exit(code);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

void become_nobody() {
  const passwd* nobody = ::getpwnam("nobody");
  require(nobody != nullptr, "there is no user nobody");
  require(::setgroups(0, nullptr) == 0 && ::setgid(nobody->pw_gid) == 0 &&
              ::setuid(nobody->pw_uid) == 0,
          "cannot become nobody");
}

}  // namespace

void require(bool condition, const std::string& text) {
  if (!condition) throw child_failure(text);
}

void require_refused(const std::string& name, const std::function<void()>& operation) {
  try {
    operation();
  } catch (const error& failure) {
    require(failure.code().value() == EPERM, name + ": " + failure.what());
    return;
  }
  require(false, name + " was not refused");
}

std::string describe_status(int status) {
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit " + std::to_string(WEXITSTATUS(status));
}

std::string in_child(const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) run_and_exit(body);
  EXPECT_GT(pid, 0) << "fork failed";
  return pid > 0 ? describe_status(wait_for(pid)) : "no child";
}

std::string in_child_as_nobody(const std::function<void()>& body) {
  return in_child([&] {
    become_nobody();
    body();
  });
}

running_child::running_child(const std::function<void(const std::function<void()>&)>& body) {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) throw child_failure("pipe failed");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::close(ends[0]);
    run_and_exit([&] { body([&] { require(::write(ends[1], "r", 1) == 1, "no reader"); }); });
  }
  ::close(ends[1]);
  ready_fd_ = ends[0];
}

running_child::~running_child() {
  kill_now();
  ::close(ready_fd_);
}

bool running_child::wait_until_ready() const {
  char byte = 0;
  return ::read(ready_fd_, &byte, 1) == 1;
}

void running_child::stop() const {
  ::kill(pid_, SIGSTOP);
  int status = 0;
  ::waitpid(pid_, &status, WUNTRACED);
}

std::string running_child::kill_now() {
  if (pid_ <= 0) return "gone";
  ::kill(pid_, SIGKILL);
  const int status = wait_for(pid_);
  pid_ = -1;
  return describe_status(status);
}

void limit_resource(int resource, unsigned long value) {
  const rlimit limit{value, value};
  require(::setrlimit(static_cast<__rlimit_resource_t>(resource), &limit) == 0, "setrlimit failed");
}

}  // namespace mapvec::test
