// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <fstream>
#include <mapvec/file_reference.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/reduce.hpp>
#include <mapvec/serialize/nlohmann_json.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "expect.hpp"

// The other process: it gets a hundred bytes, however many the elements are.
void receive() {
  const auto message = nlohmann::json::parse(std::ifstream("message.json"));
  const auto to = message.get<mapvec::file_reference>();
  const auto values = mapvec::open_reference<double>(to);  // as many doubles, or an exception
  expect("the elements are there", values.size() == 100'000);
  expect("and are those of the sender", mapvec::reduce(values) == 50'000);
}

void send_to(const std::string& program) {
  auto values = mapvec::file_vector<double>::create("values.npy");
  values.resize(100'000, 0.5);
  values.commit();  // a reference is to what is committed
  std::ofstream("message.json") << nlohmann::json(mapvec::reference_to(values));

  const int result = std::system(("'" + program + "' receive").c_str());
  expect("the other process was content", result == 0);
}

int main(int count, char** arguments) {
  if (count > 1) {
    receive();
  } else {
    send_to(arguments[0]);
  }
}
