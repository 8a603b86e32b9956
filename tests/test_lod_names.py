"""Levels 3-5 hold what their names say: what a file declares, its names, its purpose and its exports."""

from __future__ import annotations

import importlib
import inspect
import sysconfig
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("tree_sitter")

from code_samples import SAMPLES
from hypothesis import example, given
from hypothesis import strategies as st

from laconic.kinds.code.language import LANGUAGES
from laconic.kinds.code.parse import parse, parses_clean
from laconic.lod import LODExtractor
from laconic.lod.levels import FileLevels
from laconic.lod.summary import summary

EXTRACT = LODExtractor().extract


@dataclass(frozen=True)
class File:
    """A short file in the habits of a language, and what its levels must say."""

    path: str
    source: str
    line: str  # level 5
    names: tuple[str, ...]  # lines of level 4
    declared: tuple[str, ...]  # in level 3
    absent: tuple[str, ...] = ()  # from level 3


FILES = [
    File(
        "include/ring.h",
        """/*
 * Copyright (c) 2019 The Ring Authors. All rights reserved.
 * Licensed under the MIT licence.
 */

/* A ring buffer of bytes. Not safe for several writers. */
#ifndef RING_H
#define RING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RING_MAX 4096
#define RING_FULL(r) \\
    ((r)->used == (r)->size)

typedef struct {
    unsigned char *data; /* owned */
    size_t size, used;
} ring_t;

typedef int (*ring_visit)(const ring_t *ring, void *context);
enum ring_state { RING_OK, RING_FAILED = 4 };
struct hidden;

extern const char *ring_version;

/* Makes room. */
ring_t *ring_new(size_t size);
static inline size_t ring_free(const ring_t *ring) {
    size_t left = ring->size - ring->used;
    return left;
}

#ifdef __cplusplus
}
#endif
#endif
""",
        "include/ring.h | A ring buffer of bytes."
        " | ring_t, ring_visit, ring_state, ring_new, ring_free, ring_version +2",
        ("#include <stddef.h>", "RING_MAX, RING_FULL", "ring_state: RING_OK, RING_FAILED", "ring_new, ring_free"),
        (
            "#define RING_MAX 4096",
            "#define RING_FULL(r)",
            "typedef int (*ring_visit)(const ring_t *ring, void *context);",
            "size_t size, used;",
            "extern const char *ring_version;",
            "ring_t *ring_new(size_t size);",
            "static inline size_t ring_free(const ring_t *ring) {",
        ),
        ("Makes room", "owned", "<stddef.h>", "left = "),
    ),
    File(
        "src/ring.c",
        """#include "ring.h"
#define STEP 16

static int grow(ring_t *ring);
const char *ring_version = "1.2";

static const unsigned char table[] = {
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,
    0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f,
};

static int grow(ring_t *ring) {
    ring->size += STEP;
    return 0;
}

ring_t *ring_new(size_t size) {
    ring_t *ring = malloc(sizeof *ring);
    ring->size = size;
    return ring;
}
""",
        "src/ring.c | ring_new",
        ('#include "ring.h"', "ring_version, table", "STEP", "grow, ring_new"),
        ("#define STEP 16", "table[] = { /* … 3 lines */ };", "ring_version = "),
        ("0x0f", "malloc"),
    ),
    File(
        "src/pool/pool.hpp",
        """// A pool of connections that are shared among threads.
#pragma once
#include <memory>

namespace pool {

constexpr int kMost = 8;
using Handle = std::shared_ptr<Connection>;
template <typename T> concept Closable = requires(T t) { t.close(); };

namespace detail {
struct Node { Node *next; };
}

template <typename T>
class Pool {
 public:
  explicit Pool(int most);
  T acquire() {
    if (free_.empty()) throw Empty();
    return free_.pop();
  }
  virtual ~Pool() = default;

 private:
  void grow();
  int most_ = kMost;
};

Handle connect(const char *host);
}  // namespace pool
""",
        "src/pool/pool.hpp | A pool of connections that are shared among threads."
        " | Handle, Closable, Pool, connect, kMost",
        ("#include <memory>", "pool.detail.Node: next", "pool.Pool: Pool, acquire, ~Pool, grow, most_"),
        ("constexpr int kMost = 8;", "using Handle =", "Handle connect(const char *host);", "void grow();"),
        ("Empty", "that are shared"),
    ),
    File(
        "src/schema.ts",
        """import { parse } from './parse';

/** Schemas of the wire format, checked at run time. */

const cache = new Map<string, Schema>();
type Raw = Record<string, unknown>;

export const VERSION = 3;
export const limits = { depth: 8, width: 128 };
export type Check<T> = (value: unknown) => value is T;
export interface Schema {
  name: string;
  check(value: unknown): boolean;
}
export enum Mode { Strict, Loose = 'loose' }
export const isText: Check<string> = (value): value is string => {
  const kind = typeof value;
  return kind === 'string';
};

function remember(schema: Schema): void {
  cache.set(schema.name, schema);
  cache.delete('');
}

export default class Registry {
  private found = 0;
  find(name: string): Schema | undefined {
    const schema = cache.get(name);
    return schema;
  }
}

export { remember as keep };
export * as errors from './errors';
""",
        "src/schema.ts | Schemas of the wire format, checked at run time."
        " | Check, Schema, Mode, isText, Registry, keep, errors, limits, VERSION",
        ("import { parse } from './parse';", "Schema: name, check", "Mode: Strict, Loose", "Registry: found, find"),
        (
            "export const VERSION = 3;",
            "export type Check<T> = (value: unknown) => value is T;",
            "check(value: unknown): boolean;",
            "export { remember as keep };",
            "type Raw = ",
        ),
        ("import", "typeof value"),
    ),
    File(
        "lib/queue.js",
        """'use strict'

/**
 * Module dependencies.
 */

const { once } = require('events')
var debug = require('debug')('queue')

/**
 * Queues jobs and runs them one by one.
 * @module queue
 */

const LIMIT = 10
let running = 0

function Queue (options) {
  this.options = options
  this.jobs = []
}

Queue.prototype.push = function push (job) {
  this.jobs.push(job)
  debug('pushed')
}

function next () {
  running++
  return once(running)
}

module.exports = Queue
module.exports.LIMIT = LIMIT
exports.create = (options) => new Queue(options)
""",
        "lib/queue.js | Queues jobs and runs them one by one. | Queue, create, LIMIT",
        ("const { once } = require('events')", "var debug = require('debug')('queue')", "LIMIT, running"),
        ("const LIMIT = 10", "module.exports = Queue", "Queue.prototype.push = function push (job) {"),
        ("require", "debug", "one by one"),
    ),
    File(
        "store/store.go",
        """// Copyright 2020 The Store Authors.
// SPDX-License-Identifier: MIT

// Package store keeps values on disk. It is safe for concurrent use.
package store

import (
\t"os"
\tlog "github.com/sirupsen/logrus"
)

const (
\tModeRead  = iota // reads only
\tmodeClosed
)

var ErrClosed = errors.New("closed")

type (
\t// A Key names a value.
\tKey string
\tentry struct{ size int }
)

// Store is open until Close.
type Store struct {
\tPath string
\tfile *os.File
}

type Reader interface {
\tRead(key Key) ([]byte, error)
}

// Open opens a store.
func Open(path string) (*Store, error) {
\tfile, err := os.Open(path)
\treturn &Store{path, file}, err
}

func (s *Store) Close() error {
\tlog.Info("closing")
\treturn s.file.Close()
}

func remember(s *Store) { log.Info(s.Path); log.Info("remembered") }
""",
        "store/store.go | Package store keeps values on disk. | Key, Store, Reader, Open, ModeRead, ErrClosed",
        (
            '"os"',
            'log "github.com/sirupsen/logrus"',
            "ModeRead, modeClosed, ErrClosed",
            "Store: Path, file, Close",
            "Reader: Read",
            "Open, remember",
        ),
        ("ModeRead  = iota", 'var ErrClosed = errors.New("closed")', "Key string", "func (s *Store) Close() error {"),
        ("reads only", "logrus", "remembered"),
    ),
    File(
        "src/wire.rs",
        """//! Frames on the wire.
//!
//! Each has a length and a body.

use std::io::Read;
pub use crate::error::{Error, Kind};

pub const MAX_FRAME: usize = 16_384;
static COUNT: AtomicUsize = AtomicUsize::new(0);
pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug)]
pub struct Frame<'a> {
    pub body: &'a [u8],
    kind: u8,
}

pub(crate) enum Step { Head, Body(usize) }

pub trait Encode {
    const SIZE: usize;
    fn encode(&self, out: &mut Vec<u8>);
}

impl<'a> Frame<'a> {
    /// Reads one.
    pub fn read<R: Read>(from: R) -> Result<Frame<'a>> {
        let head = from.bytes();
        Err(Error::new(head))
    }
    fn check(&self) -> bool { self.kind < 4 && !self.body.is_empty() }
}

impl Encode for Frame<'_> {
    const SIZE: usize = 9;
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.kind);
        out.extend(self.body);
    }
}

#[macro_export]
macro_rules! frame {
    ($body:expr) => { Frame { body: $body, kind: 0 } };
}

fn helper() -> u8 { COUNT.load(Ordering::Relaxed) as u8 }
""",
        "src/wire.rs | Frames on the wire. | Result, Frame, Encode, frame, Error, Kind, MAX_FRAME",
        (
            "MAX_FRAME, COUNT",
            "Frame: body, kind, read, check",
            "Step: Head, Body",
            "Encode: SIZE, encode",
            "Encode for Frame: SIZE, encode",
            "frame, helper",
        ),
        ("pub const MAX_FRAME: usize = 16_384;", "pub type Result<T>", "fn encode(&self, out: &mut Vec<u8>);"),
        ("Reads one", "use std::io::Read;", "out.push"),
    ),
    File(
        "src/main/java/example/RateLimiter.java",
        """/*
 * Copyright (C) 2012 Example Inc.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 */
package example;

import java.time.Duration;

/**
 * Hands out permits at a {@code steady} rate. See {@link Duration}.
 *
 * @since 1.0
 */
public final class RateLimiter {
  public static final int MAX_PERMITS = 100;
  private final Duration pause;

  public enum Mode { SMOOTH, BURSTY }

  RateLimiter(Duration pause) {
    this.pause = pause;
    this.check();
  }

  /** Waits for a permit. */
  public double acquire(int permits) {
    double waited = pause.toMillis() * permits;
    return waited;
  }

  private void check() {
    if (pause.isNegative()) throw new IllegalArgumentException();
  }
}
""",
        "src/main/java/example/RateLimiter.java | Hands out permits at a steady rate. | RateLimiter (acquire)",
        (
            "import java.time.Duration;",
            "RateLimiter: MAX_PERMITS, pause, RateLimiter, acquire, check",
            "RateLimiter.Mode: SMOOTH, BURSTY",
        ),
        ("public static final int MAX_PERMITS = 100;", "SMOOTH, BURSTY", "public double acquire(int permits) {"),
        ("Waits", "import", "waited"),
    ),
    File(
        "src/Json/JsonReader.cs",
        """#region License
// Copyright (c) 2007 Somebody
#endregion

using System;

namespace Example.Json
{
    /// <summary>
    /// Reads <see cref="System.String"/> tokens forward only.
    /// </summary>
    public abstract class JsonReader : IDisposable
    {
        public const int MaxDepth = 64;
        private int _depth;

        public event EventHandler Closed;

        public int Depth { get { return _depth; } protected set { _depth = value; Check(value); } }

        /// <summary>Reads the next.</summary>
        public abstract bool Read();

        public void Skip()
        {
            while (Read()) { _depth--; }
            Closed(this, EventArgs.Empty);
        }
    }

    public enum Token { Start, End = 4 }

    public delegate void Handler(JsonReader reader);

    internal static class Extensions
    {
        public static string Text(this JsonReader reader) { return reader.ToString().Trim(); }
    }
}
""",
        "src/Json/JsonReader.cs | Reads System.String tokens forward only. | JsonReader, Token, Handler",
        (
            "using System;",
            "JsonReader: MaxDepth, _depth, Closed, Depth, Read, Skip",
            "Token: Start, End",
            "Extensions: Text",
        ),
        ("public const int MaxDepth = 64;", "public delegate void Handler(JsonReader reader);", "abstract bool Read()"),
        ("Reads the next", "using System", "while"),
    ),
    File(
        "src/commonMain/kotlin/Clock.kt",
        """package example

import kotlin.time.Duration

/** Times of the wall and of the machine. */

const val NANOS = 1_000_000_000
internal val started = now()
private val zone = "UTC"
typealias Tick = (Long) -> Unit

data class Moment(val seconds: Long, val nanos: Int = 0)

sealed interface Clock {
    val precision: Duration
    fun now(): Moment
    companion object { val System: Clock = SystemClock }
}

private object SystemClock : Clock {
    override val precision = Duration.ZERO
    override fun now(): Moment {
        val millis = System.currentTimeMillis()
        return Moment(millis / 1000)
    }
}

fun later(moment: Moment, other: Duration): Moment {
    val seconds = moment.seconds + other.inWholeSeconds
    return moment.copy(seconds = seconds)
}
""",
        "src/commonMain/kotlin/Clock.kt | Times of the wall and of the machine. | Tick, Moment, Clock, later, NANOS",
        (
            "import kotlin.time.Duration",
            "NANOS, started, zone",
            "Moment: seconds, nanos",
            "Clock: precision, now",
            "SystemClock: precision, now",
        ),
        ("const val NANOS = 1_000_000_000", "typealias Tick = (Long) -> Unit", "val precision: Duration"),
        ("of the wall", "currentTimeMillis", "import kotlin.time"),
    ),
    File(
        "Sources/Cache/Cache.swift",
        """//
//  Cache.swift
//  Example
//
//  Created by Somebody on 3/4/19.
//  Copyright © 2019 Example. All rights reserved.
//

import Foundation

public typealias Completion = (Result<Data, Error>) -> Void
let defaultLimit = 20

/// Keeps what was loaded. Oldest entries go first.
public final class Cache {
    public static let shared = Cache()
    private var entries: [String: Data] = [:]

    public var isEmpty: Bool {
        let count = entries.count
        return count == 0
    }

    public init(limit: Int = defaultLimit) {
        entries.reserveCapacity(limit)
        entries["first"] = nil
    }

    public func load(_ key: String, then: Completion) {
        guard let data = entries[key] else { return }
        then(.success(data))
    }
}

public enum CacheError: Error { case missing, tooLarge(Int) }
public protocol Loading { associatedtype Key; var limit: Int { get }; func load(_ key: Key) }
fileprivate func trim(_ cache: Cache) { cache.load("") { _ in print("trimmed") } }
""",
        "Sources/Cache/Cache.swift | Keeps what was loaded. | Completion, Cache, CacheError, Loading",
        (
            "import Foundation",
            "Cache: shared, entries, isEmpty, init, load",
            "CacheError: missing, tooLarge",
            "Loading: Key, limit, load",
        ),
        ("public typealias Completion", "public var isEmpty: Bool { /* … 2 lines */ }", "case missing, tooLarge(Int)"),
        ("import", "Oldest", "reserveCapacity", "count == 0"),
    ),
    File(
        "core/src/main/scala/example/Codec.scala",
        """/*
 * Copyright (c) 2015 Example
 * SPDX-License-Identifier: MIT
 */
package example

import scala.util.Try

/** Turns values into text and back.
  *
  * @tparam A the value
  */
trait Codec[A] {
  type Error
  val name: String
  def encode(value: A): String
  def decode(text: String): Try[A] = {
    val trimmed = text.trim
    parse(trimmed)
  }
}

object Codec {
  val Default = "utf-8"
  implicit val int: Codec[Int] = new IntCodec
  private def check(name: String): Boolean = {
    val known = name.nonEmpty
    known && name != Default
  }
}

final case class Failure(reason: String, at: Int = 0) extends Exception(reason)
private class IntCodec extends Codec[Int]
""",
        "core/src/main/scala/example/Codec.scala | Turns values into text and back. | Codec, Failure",
        ("import scala.util.Try", "Failure: reason, at", "Codec: Error, name, encode, decode, Default, int, check"),
        ("val Default = \"utf-8\"", "type Error", "def encode(value: A): String"),
        ("import", "and back", "trimmed"),
    ),
    File(
        "lib/src/retry.dart",
        """// Copyright (c) 2020, the project authors. Use of this source code is governed by a BSD-style license.

/// Retries of requests that failed.
library retry;

import 'dart:async';
export 'src/errors.dart' show RetryError;

const int defaultRetries = 3;
final _random = Random();
typedef Evaluator = FutureOr<bool> Function(Object error);

enum Outcome { done, failed }

mixin Logging { void log(String text) { print(text); print('logged'); } }

class RetryOptions {
  static const maxDelay = Duration(seconds: 30);
  final int retries;
  final String? _label;

  const RetryOptions({this.retries = defaultRetries}) : _label = null;

  /// How long to wait.
  Duration delay(int attempt) {
    final wait = maxDelay * attempt;
    return wait;
  }
}

extension Seconds on Duration { double get seconds => inMilliseconds / 1000; }

Future<T> retry<T>(Future<T> Function() job) async {
  final options = RetryOptions();
  return job().timeout(options.delay(1));
}
""",
        "lib/src/retry.dart | Retries of requests that failed."
        " | Evaluator, Outcome, Logging, RetryOptions, Seconds, retry +1",
        (
            "import 'dart:async';",
            "defaultRetries, _random",
            "Outcome: done, failed",
            "RetryOptions: maxDelay, retries, _label, delay",
            "retry",
        ),
        ("const int defaultRetries = 3;", "typedef Evaluator =", "enum Outcome { done, failed }", "final int retries;"),
        ("How long", "import", "final wait"),
    ),
    File(
        "src/Http/Cookie.php",
        """<?php

declare(strict_types=1);

/*
 * This file is part of the Example package.
 *
 * For the full copyright and license information, please view the LICENSE file.
 */

namespace Example\\Http;

use DateTimeInterface;

const SAME_SITE = 'lax';

/**
 * A cookie that a response sets.
 */
final class Cookie
{
    public const PREFIX = '__Host-';
    private string $name;

    public function __construct(string $name)
    {
        $this->name = self::PREFIX . $name;
        $this->check();
    }

    /** Expires it. */
    public static function expired(string $name, ?DateTimeInterface $at = null): self
    {
        $cookie = new self($name);
        return $cookie;
    }

    private function check(): void { if ($this->name === '') { throw new \\RuntimeException(); } }
}

enum SameSite: string { case Lax = 'lax'; case Strict = 'strict'; }

function cookie(string $name): Cookie
{
    $made = new Cookie($name);
    return $made;
}
""",
        "src/Http/Cookie.php | A cookie that a response sets. | Cookie, SameSite, cookie, SAME_SITE",
        (
            "use DateTimeInterface;",
            "SAME_SITE",
            "Cookie: PREFIX, $name, __construct, expired, check",
            "SameSite: Lax, Strict",
            "cookie",
        ),
        ("const SAME_SITE = 'lax';", "public const PREFIX", "case Lax = 'lax';", "cookie(string $name): Cookie"),
        ("Expires", "use DateTimeInterface;", "new self"),
    ),
    File(
        "lib/mailer/delivery.rb",
        """# frozen_string_literal: true

require "net/smtp"
require_relative "message"

# Sends messages and keeps what failed.
module Mailer
  TIMEOUT = 30
  SECRET = "s"
  private_constant :SECRET

  class Delivery
    attr_reader :message, :failures

    def initialize(message)
      @message = message
      @failures = []
    end

    # Sends it.
    def deliver!
      smtp = Net::SMTP.new(TIMEOUT)
      smtp.send(@message)
    end

    private

    def retry_later
      failures << message
      failures.uniq!
    end
  end

  def self.deliver(text)
    delivery = Delivery.new(text)
    delivery.deliver!
  end
end
""",
        "lib/mailer/delivery.rb | Sends messages and keeps what failed. | Delivery, deliver, TIMEOUT",
        (
            'require "net/smtp"',
            'require_relative "message"',
            "Mailer: TIMEOUT, SECRET, deliver",
            "Mailer.Delivery: initialize, deliver!, retry_later, message, failures",
        ),
        ("TIMEOUT = 30", "attr_reader :message, :failures", "def deliver!", "def self.deliver(text)"),
        ("Sends it", "net/smtp", "smtp ="),
    ),
    File(
        "src/widgets/list.py",
        '''#!/usr/bin/env python3
# Copyright 2021 Somebody.
"""Lists that scroll.

They keep what is selected.
"""

import os
from typing import Final

__all__ = ["List", "render", "LIMIT"]

LIMIT: Final = 20
_cache = {}
Names = list[str]

try:
    import curses
except ImportError:
    curses = None
    HEIGHT = 24


class List:
    """A list."""

    columns = 1

    def render(self) -> str:
        """As text."""
        rows = "\\n".join(self.names)
        return rows


def render(names: Names) -> str:
    shown = List(names)
    return shown.render()


def helper(names):
    for name in names:
        print(name, os.sep)
''',
        "src/widgets/list.py | Lists that scroll. | List, render, LIMIT",
        ("import os", "__all__, LIMIT, _cache, Names, curses, HEIGHT", "List: columns, render", "render, helper"),
        ('__all__ = ["List", "render", "LIMIT"]', "LIMIT: Final = 20", "Names = list[str]", "HEIGHT = 24", "columns"),
        ("import os", "As text", "shown", "Copyright"),
    ),
]  # fmt: skip


def language_of(file: File) -> str | None:
    return FileLevels(file.source, file.path).piece(0).language


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_a_line_says_what_a_file_is_for_and_what_it_exports(file: File) -> None:
    assert EXTRACT(file.source, 5, file.path).text == file.line


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_names_are_of_constants_types_with_members_and_functions(file: File) -> None:
    lines = EXTRACT(file.source, 4, file.path).text.splitlines()
    assert [line for line in file.names if line not in lines] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_a_skeleton_is_what_a_file_declares(file: File) -> None:
    text = EXTRACT(file.source, 3, file.path).text
    assert [line for line in file.declared if line not in text] == []
    assert [line for line in file.absent if line in text] == []


def test_every_language_has_a_file() -> None:
    assert {language_of(file) for file in FILES} | {"tsx", "cpp"} >= set(LANGUAGES)


def levels_hold(source: str, path: str, language: str | None = None) -> None:
    """None is empty, each is at most as long as the one above, those of a source that parses do too."""
    file = FileLevels(source, path, language)
    pieces = [file.piece(level) for level in range(6)]
    name = pieces[0].language
    assert name is not None
    clean = parse(source, name).clean
    for above, piece in pairwise(pieces):
        assert piece.text.strip()
        assert piece.output_chars <= above.output_chars
        assert not clean or piece.lod not in (1, 2, 3) or parses_clean(piece.text, name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_levels_of_the_files_hold(file: File) -> None:
    levels_hold(file.source, file.path)
    assert len(EXTRACT(file.source, 5, file.path).text) < len(EXTRACT(file.source, 4, file.path).text)


@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 60), st.integers(0, 60))
@example("kotlin", 33, 0)  # nothing is left of it at level 3 but as many blanks as its line has characters
def test_levels_of_pieces_of_files_hold(language: str, start: int, end: int) -> None:
    lines = SAMPLES[language].splitlines(keepends=True)
    source = "".join(lines[start : len(lines) - end])
    if source.strip():
        levels_hold(source, f"a.{language}", None if language == "tsx" else language)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("pkg/__init__.py", '"""Nothing but documentation, and that at some length, as it says what is where."""\n'),
        ("pkg/__init__.py", "# Copyright 2001-2020 by Somebody. All rights reserved, and so on, and so forth.\n" * 4),
        ("run.rb", 'puts "started, and there is nothing else to be said of this file"\nexit 1\n' * 3),
        ("a.php", "<?php\n// A script that prints what the server knows about itself.\necho phpinfo();\n" * 2),
        ("doc.go", "// Package doc has no code.\n//\n// It only documents, at length, what others do.\npackage doc\n"),
    ],
)
def test_no_level_of_a_file_without_definitions_is_empty(path: str, source: str) -> None:
    levels_hold(source, path)
    assert EXTRACT(source, 3, path).text.strip()


@pytest.mark.parametrize("name", ["tarfile", "json", "http.cookiejar", "email.message", "asyncio.tasks", "struct"])
def test_levels_of_the_standard_library_hold(name: str) -> None:
    module = importlib.import_module(name)
    source, path = inspect.getsource(module), name.replace(".", "/") + ".py"
    levels_hold(source, path)
    line = EXTRACT(source, 5, path).text
    exported = line.split(" | ")[-1].split(" +")[0].split(", ")
    assert set(exported) <= set(module.__all__)


def test_no_level_of_the_standard_library_is_empty() -> None:
    folder = Path(sysconfig.get_path("stdlib"))
    files = sorted(path for path in folder.glob("*.py") if 0 < path.stat().st_size < 3_000)
    assert len(files) > 10
    for path in files:
        levels_hold(path.read_text(encoding="utf-8"), path.name)


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("/* Copyright 2020 X. */\n/* Parses dates of mails. */\n", "Parses dates of mails."),
        ("/**\n * @file date.c\n * @brief Parses dates of mails.\n */\n", "Parses dates of mails."),
        ("/* date.c -- Parses dates of mails. Slowly. */\n", "Parses dates of mails."),
        ("/* Parses dates\n * of mails.\n *\n * And more. */\n", "Parses dates of mails."),
        ("// eslint-disable no-console\n", ""),
        ("// vim: set ts=4 sw=4 et:\n/* System headers */\n", ""),
        ("/* #define DEBUG 1 */\n// int x = 3;\n", ""),
        ("/* Copyright X\n *\n * THE SOFTWARE IS PROVIDED AS IS, without warranty. */\n", ""),
    ],
)
def test_a_summary_is_a_sentence_of_the_file(comment: str, found: str) -> None:
    assert summary(parse(f"{comment}\n#include <time.h>\n\nint a(void) {{ return 1; }}\n", "c")) == found
