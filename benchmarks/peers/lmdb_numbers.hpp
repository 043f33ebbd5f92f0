// SPDX-License-Identifier: MIT
//
// LMDB as a vector: the key is the index, the value 8 bytes. Appended with MDB_APPEND, a million to
// a transaction, through its writable map and without syncing: its fastest way, and all that a
// temporary vector needs. Read without read-ahead, as its manual advises for data past memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <lmdb.h>
#include <unistd.h>

#include "bench_directory.hpp"

namespace peers {

class lmdb_numbers {
 public:
  /// Without a path, the file has no name after this.
  explicit lmdb_numbers(expected_size expected, const std::string& path = "") {
    const std::string name = path.empty() ? unused_name() : path;
    // Every element takes 26 bytes of a page that is never quite full.
    constexpr std::size_t file_per_element = 4;
    open(name, file_per_element * expected.bytes + (std::size_t{16} << 20),
         MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC | MDB_WRITEMAP);
    if (path.empty()) ::unlink(name.c_str());
    begin(0);
  }
  /// An existing file.
  explicit lmdb_numbers(const std::string& path) {
    open(path, 0, MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY | MDB_NORDAHEAD);
    begin(MDB_RDONLY);
  }
  lmdb_numbers(const lmdb_numbers&) = delete;
  lmdb_numbers& operator=(const lmdb_numbers&) = delete;
  ~lmdb_numbers() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
    if (transaction_ != nullptr) mdb_txn_abort(transaction_);
    mdb_env_close(environment_);
  }

  void push_back(std::uint64_t value) {
    MDB_val key{sizeof(size_), &size_};
    MDB_val data{sizeof(value), &value};
    check(mdb_cursor_put(cursor_, &key, &data, MDB_APPEND));
    if (++size_ % transaction_elements == 0) commit();
  }
  void commit() {
    mdb_cursor_close(cursor_);
    cursor_ = nullptr;
    MDB_txn* const ended = transaction_;
    transaction_ = nullptr;
    check(mdb_txn_commit(ended));
    begin(0);
  }

  /// Where the value lies in the file's map; it may not be aligned.
  const void* find(std::uint64_t index) const {
    MDB_val key{sizeof(index), &index};
    MDB_val data{};
    check(mdb_cursor_get(cursor_, &key, &data, MDB_SET));
    return data.mv_data;
  }

 private:
  static constexpr std::uint64_t transaction_elements = 1000000;

  static std::string unused_name() {
    return bench_directory() + "/lmdb-" + std::to_string(::getpid());
  }
  static void check(int result) {
    if (result != 0) throw std::runtime_error(std::string("lmdb: ") + mdb_strerror(result));
  }
  void open(const std::string& path, std::size_t map_bytes, unsigned flags) {
    check(mdb_env_create(&environment_));
    if (map_bytes != 0) check(mdb_env_set_mapsize(environment_, map_bytes));
    check(mdb_env_open(environment_, path.c_str(), flags, 0600));
  }
  void begin(unsigned transaction_flags) {
    check(mdb_txn_begin(environment_, nullptr, transaction_flags, &transaction_));
    const unsigned create = transaction_flags == 0 ? MDB_CREATE : 0;
    check(mdb_dbi_open(transaction_, nullptr, MDB_INTEGERKEY | create, &database_));
    check(mdb_cursor_open(transaction_, database_, &cursor_));
  }

  MDB_env* environment_ = nullptr;
  MDB_txn* transaction_ = nullptr;
  MDB_cursor* cursor_ = nullptr;
  MDB_dbi database_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace peers
