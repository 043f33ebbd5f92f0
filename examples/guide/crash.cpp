// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <mapvec/file_vector.hpp>

int main() {
  const pid_t child = fork();
  if (child == 0) {
    auto steps = mapvec::file_vector<int>::open_or_create("steps.npy");
    steps.assign(1000, 1);
    steps.commit();
    steps.resize(5000, 2);
    raise(SIGKILL);  // in the middle of its work
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) return 1;

  const auto steps = mapvec::file_vector<int>::open("steps.npy");  // no repair, no lock left behind
  return steps.size() == 1000 && steps.back() == 1 ? 0 : 1;
}
