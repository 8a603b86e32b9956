"""One file per language, in the habits of that language, with the constructs that cutting tends to break.

Every file is about the same thing, a client that retries: so one question fits them all.
"""

from __future__ import annotations

QUESTION = "how long does the client wait between retries?"

SAMPLES: dict[str, str] = {}

SAMPLES["python"] = '''"""A client that retries."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

MAX_RETRIES = 3


class RetryError(Exception):
    """All retries failed."""


class Client:
    """Sends requests, and sends them again."""

    base_delay = 0.5

    def __init__(self, send: Callable[[str], int], retries: int = MAX_RETRIES) -> None:
        self.send = send
        self.retries = retries  # how often

    @property
    def patience(self) -> float:
        """Longest sum of waits."""
        return sum(self.wait_between_retries(attempt) for attempt in range(self.retries))

    def wait_between_retries(self, attempt: int) -> float:
        """Seconds before the next retry."""
        # doubles, with some noise
        delay = self.base_delay * 2**attempt
        if delay > 30:
            delay = 30
        elif delay < 0:
            raise ValueError(delay)
        else:
            delay += random.random()
        return delay

    def get(self, url: str) -> int:
        for attempt in range(self.retries):
            try:
                return self.send(url)
            except OSError:
                time.sleep(self.wait_between_retries(attempt))
            finally:
                attempt += 1
        raise RetryError(url)


def connect(host: str) -> Client:
    def send(url: str) -> int:
        return len(host + url)

    return Client(send)
'''

SAMPLES["javascript"] = """// A client that retries.
import { send } from './wire.js';
const { sleep } = require('./time');

const DEFAULTS = {
  retries: 3,
  baseDelay: 500,
};

class Client {
  #host;
  constructor(host, options = { ...DEFAULTS }) {
    this.#host = host;
    this.options = options;
  }

  /** Milliseconds before the next retry. */
  waitBetweenRetries(attempt) {
    const delay = this.options.baseDelay * 2 ** attempt;
    if (delay > 30000) {
      return 30000;
    } else if (delay < 0) {
      throw new RangeError(delay);
    } else {
      return delay + Math.random();
    }
  }

  async get(url) {
    for (let attempt = 0; attempt < this.options.retries; attempt++) {
      switch (await send(this.#host, url)) {
        case 200:
          return true;
        default:
          await sleep(this.waitBetweenRetries(attempt));
      }
    }
    return false;
  }
}

export const connect = (host) => new Client(host);

Client.prototype.close = function () {
  this.closed = true; // for good
};

module.exports = { Client, connect };
"""

SAMPLES["typescript"] = """import { send } from './wire';
import type { Status } from './types';

export interface Options {
  retries: number;
  baseDelay?: number;
}

export enum Outcome {
  Done,
  Failed = 'failed',
}

export type Sender = (url: string) => Promise<Status>;

function sealed(target: Function): void {
  Object.seal(target);
}

@sealed
export class Client<T extends Sender> {
  private readonly options: Options;

  constructor(private sender: T, options: Partial<Options> = {}) {
    this.options = { retries: 3, baseDelay: 500, ...options };
  }

  /** Milliseconds before the next retry. */
  waitBetweenRetries(attempt: number): number {
    const delay = (this.options.baseDelay ?? 500) * 2 ** attempt;
    if (delay > 30000) {
      return 30000;
    } else {
      return delay;
    }
  }

  async get(url: string): Promise<Outcome> {
    for (let attempt = 0; attempt < this.options.retries; attempt++) {
      const status = await this.sender(url);
      if (status === 200) return Outcome.Done;
      await new Promise((resolve) => setTimeout(resolve, this.waitBetweenRetries(attempt)));
    }
    return Outcome.Failed;
  }
}

export const connect = async (host: string): Promise<Client<Sender>> => {
  // one client per host
  return new Client((url) => send(host, url));
};

declare module './types' {
  interface Status {
    code: number;
  }
}
"""

SAMPLES["tsx"] = """import React, { useState } from 'react';

type Props = { retries: number; delay: number };

export function RetryCounter({ retries, delay }: Props): JSX.Element {
  const [attempt, setAttempt] = useState(0);
  const waitBetweenRetries = (): number => {
    if (attempt > retries) {
      return 0;
    }
    return delay * 2 ** attempt;
  };
  return (
    <div className="retry">
      {attempt > 0 ? <span>{waitBetweenRetries()} ms</span> : null}
      <button onClick={() => setAttempt(attempt + 1)}>Retry</button>
    </div>
  );
}

export class Panel extends React.Component<Props> {
  render() {
    const { retries, delay } = this.props;
    return <RetryCounter retries={retries} delay={delay} />;
  }
}
"""

SAMPLES["go"] = """// Package client retries.
package client

import (
\t"errors"
\t"math/rand"
\t"time"
)

const maxRetries = 3

var errGaveUp = errors.New("gave up")

// Sender sends.
type Sender interface {
\tSend(url string) (int, error)
}

type Client struct {
\tsender    Sender
\tbaseDelay time.Duration
}

// WaitBetweenRetries says how long to wait before the next retry.
func (c *Client) WaitBetweenRetries(attempt int) time.Duration {
\tdelay := c.baseDelay << attempt
\tif delay > 30*time.Second {
\t\treturn 30 * time.Second
\t} else if delay < 0 {
\t\tpanic("delay")
\t}
\treturn delay + time.Duration(rand.Int63n(1000))
}

func (c *Client) Get(url string) (int, error) {
\tfor attempt := 0; attempt < maxRetries; attempt++ {
\t\tstatus, err := c.sender.Send(url)
\t\tswitch {
\t\tcase err != nil:
\t\t\tbreak
\t\tcase status == 200:
\t\t\treturn status, nil
\t\tdefault:
\t\t\ttime.Sleep(c.WaitBetweenRetries(attempt))
\t\t}
\t}
\treturn 0, errGaveUp
}

func codes() map[string]int {
\treturn map[string]int{
\t\t"ok":   200,
\t\t"gone": 410,
\t}
}
"""

SAMPLES["rust"] = """//! A client that retries.
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Client<S: Sender> {
    sender: S,
    base_delay: Duration,
}

pub trait Sender {
    fn send(&self, url: &str) -> Result<u16, Error>;
}

#[derive(Debug)]
pub enum Error {
    /// All retries failed.
    GaveUp,
    Refused(u16),
}

impl<S: Sender> Client<S> {
    /// How long to wait before the next retry.
    #[must_use]
    pub fn wait_between_retries(&self, attempt: u32) -> Duration {
        let delay = self.base_delay * 2u32.pow(attempt);
        if delay > Duration::from_secs(30) {
            return Duration::from_secs(30);
        } else {
            log::debug!("waiting {:?}", delay);
        }
        delay
    }

    pub fn get(&self, url: &str) -> Result<u16, Error> {
        for attempt in 0..3 {
            match self.sender.send(url) {
                Ok(200) => return Ok(200),
                Ok(status) => return Err(Error::Refused(status)),
                Err(_) => std::thread::sleep(self.wait_between_retries(attempt)),
            }
        }
        Err(Error::GaveUp)
    }
}

const HELP: &str = r#"
usage: client "url"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits() {
        assert!(HELP.len() > 0);
    }
}
"""

SAMPLES["java"] = """package example.client;

import java.time.Duration;
import java.util.List;

/** A client that retries. */
public final class Client {
    private static final int MAX_RETRIES = 3;
    private final Sender sender;

    public Client(Sender sender) {
        this.sender = sender;
    }

    /** How long to wait before the next retry. */
    @Deprecated
    public Duration waitBetweenRetries(int attempt) {
        long delay = 500L << attempt;
        if (delay > 30_000) {
            return Duration.ofSeconds(30);
        } else {
            delay += 1;
        }
        return Duration.ofMillis(delay);
    }

    public int get(String url) throws InterruptedException {
        for (int attempt = 0; attempt < MAX_RETRIES; attempt++) {
            int status = sender.send(url);
            switch (status) {
                case 200:
                    return status;
                default:
                    Thread.sleep(waitBetweenRetries(attempt).toMillis());
            }
        }
        throw new IllegalStateException(url);
    }

    interface Sender {
        int send(String url);
    }

    enum Outcome {
        DONE, FAILED;

        boolean ok() {
            return this == DONE;
        }
    }

    record Attempt(int number, List<String> urls) {
        static Attempt first() {
            return new Attempt(0, List.of());
        }
    }
}
"""

SAMPLES["kotlin"] = """package example.client

import kotlin.random.Random

private const val MAX_RETRIES = 3

/** A client that retries. */
class Client(
    private val sender: Sender,
    // in milliseconds
    private val baseDelay: Long = 500,
) : AutoCloseable {
    var attempts = 0
        private set

    /** How long to wait before the next retry. */
    fun waitBetweenRetries(attempt: Int): Long {
        val delay = baseDelay shl attempt
        return when {
            delay > 30_000 -> 30_000
            delay < 0 -> throw IllegalArgumentException("delay")
            else -> delay + Random.nextLong(10)
        }
    }

    suspend fun get(url: String): Int {
        repeat(MAX_RETRIES) { attempt ->
            attempts += 1
            val status = sender.send(url)
            if (status == 200) {
                return status
            } else {
                Thread.sleep(waitBetweenRetries(attempt))
            }
        }
        error(url)
    }

    override fun close() = Unit

    companion object {
        @JvmStatic
        fun create(sender: Sender): Client = Client(sender)
    }
}

fun interface Sender {
    fun send(url: String): Int
}

enum class Outcome {
    DONE,
    FAILED;

    fun ok() = this == DONE
}
"""

SAMPLES["swift"] = """import Foundation

/// Sends requests.
protocol Sender {
    func send(_ url: String) throws -> Int
}

enum ClientError: Error {
    case gaveUp
    case refused(Int)
}

/// A client that retries.
final class Client {
    private let sender: Sender
    let baseDelay: TimeInterval = 0.5

    init(sender: Sender) {
        self.sender = sender
    }

    /// How long to wait before the next retry.
    func waitBetweenRetries(attempt: Int) -> TimeInterval {
        let delay = baseDelay * pow(2, Double(attempt))
        if delay > 30 {
            return 30
        } else if delay < 0 {
            fatalError("delay")
        }
        return delay + Double.random(in: 0..<1)
    }

    @discardableResult
    func get(_ url: String) throws -> Int {
        for attempt in 0..<3 {
            let status = try sender.send(url)
            switch status {
            case 200:
                return status
            case 400..<500:
                throw ClientError.refused(status)
            default:
                Thread.sleep(forTimeInterval: waitBetweenRetries(attempt: attempt))
            }
        }
        throw ClientError.gaveUp
    }
}

extension Client {
    static func connect(_ sender: Sender) -> Client {
        return Client(sender: sender)
    }
}
"""

SAMPLES["c"] = """/* A client that retries. */
#include <stdlib.h>
#include "client.h"

#define MAX_RETRIES 3

#ifdef _WIN32
static void pause_ms(long ms) {
  Sleep(ms);
}
#else
static void pause_ms(long ms) {
  usleep(ms * 1000);
}
#endif

struct client {
  long base_delay;
  int retries;
};

typedef enum { DONE, FAILED } outcome;

/* How long to wait before the next retry. */
static long wait_between_retries(const struct client *c, int attempt) {
  long delay = c->base_delay << attempt;
  if (delay > 30000) {
    return 30000;
  } else if (delay < 0) {
    abort();
  }
  return delay;
}

int client_get(struct client *c, const char *url) {
  int attempt;
  for (attempt = 0; attempt < MAX_RETRIES; attempt++) {
    int status = client_send(c, url);
#if defined(DEBUG)
    printf("%d\\n", status);
#endif
    switch (status) {
    case 200:
      return DONE;
    default:
      pause_ms(wait_between_retries(c, attempt));
    }
  }
  return FAILED;
}
"""

SAMPLES["cpp"] = """#pragma once
#include <chrono>
#include <stdexcept>
#include <string>

namespace example {

template <typename Sender>
class Client {
 public:
  explicit Client(Sender sender) : sender_(sender) {}

  // How long to wait before the next retry.
  std::chrono::milliseconds wait_between_retries(int attempt) const {
    auto delay = base_delay_ * (1 << attempt);
    if (delay > limit) {
      return limit;
    } else {
      return delay;
    }
  }

  int get(const std::string& url) {
    for (int attempt = 0; attempt < retries_; ++attempt) {
      try {
        return sender_(url);
      } catch (const std::runtime_error& error) {
        pause(wait_between_retries(attempt));
      }
    }
    throw std::runtime_error(url);
  }

 protected:
  void pause(std::chrono::milliseconds delay);

 private:
  static constexpr std::chrono::milliseconds limit{30000};
  Sender sender_;
  int retries_ = 3;
  std::chrono::milliseconds base_delay_{500};
};

enum class Outcome { done, failed };

struct Attempt {
  int number;
  bool operator<(const Attempt& other) const { return number < other.number; }
};

}  // namespace example
"""

SAMPLES["c_sharp"] = """using System;
using System.Threading.Tasks;

namespace Example.Client
{
    /// <summary>A client that retries.</summary>
    public sealed class Client : IDisposable
    {
        private const int MaxRetries = 3;
        private readonly ISender sender;

        public Client(ISender sender)
        {
            this.sender = sender;
        }

        public TimeSpan BaseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

        public int Attempts
        {
            get { return attempts; }
            private set { attempts = value; }
        }

        private int attempts;

        /// <summary>How long to wait before the next retry.</summary>
        [Pure]
        public TimeSpan WaitBetweenRetries(int attempt)
        {
            var delay = BaseDelay * Math.Pow(2, attempt);
            if (delay.TotalSeconds > 30)
            {
                return TimeSpan.FromSeconds(30);
            }
            else
            {
                return delay;
            }
        }

        public async Task<int> Get(string url)
        {
            for (var attempt = 0; attempt < MaxRetries; attempt++)
            {
                switch (await sender.Send(url))
                {
                    case 200:
                        return 200;
                    default:
                        await Task.Delay(WaitBetweenRetries(attempt));
                        break;
                }
            }
            throw new InvalidOperationException(url);
        }

        public void Dispose() => GC.SuppressFinalize(this);
    }

    public interface ISender
    {
        Task<int> Send(string url);
    }

    public enum Outcome { Done, Failed }
}
"""

SAMPLES["php"] = """<?php

declare(strict_types=1);

namespace Example;

use InvalidArgumentException;
use Psr\\Log\\LoggerInterface;

/** A client that retries. */
final class Client implements Sender
{
    private const MAX_RETRIES = 3;

    public function __construct(private LoggerInterface $logger, private int $baseDelay = 500)
    {
        $this->logger->info('ready');
    }

    /** How long to wait before the next retry. */
    public function waitBetweenRetries(int $attempt): int
    {
        $delay = $this->baseDelay << $attempt;
        if ($delay > 30000) {
            return 30000;
        } elseif ($delay < 0) {
            throw new InvalidArgumentException('delay');
        } else {
            $delay += random_int(0, 10);
        }
        return $delay;
    }

    public function get(string $url): int
    {
        for ($attempt = 0; $attempt < self::MAX_RETRIES; $attempt++) {
            switch ($this->send($url)) {
                case 200:
                    return 200;
                default:
                    usleep($this->waitBetweenRetries($attempt) * 1000);
            }
        }
        return 0;
    }

    public function send(string $url): int
    {
        return strlen($url);
    }
}

interface Sender
{
    public function send(string $url): int;
}

function connect(LoggerInterface $logger): Client
{
    return new Client($logger);
}
"""

SAMPLES["ruby"] = """# frozen_string_literal: true

require "net/http"
require_relative "sender"

module Example
  # A client that retries.
  class Client
    MAX_RETRIES = 3

    attr_reader :sender

    def initialize(sender, base_delay: 0.5)
      @sender = sender
      @base_delay = base_delay
    end

    # How long to wait before the next retry.
    def wait_between_retries(attempt)
      delay = @base_delay * 2**attempt
      if delay > 30
        30
      elsif delay.negative?
        raise ArgumentError, <<~MESSAGE
          The delay must not be negative:
            #{delay}
        MESSAGE
      else
        delay + rand
      end
    end

    def get(url)
      MAX_RETRIES.times do |attempt|
        case sender.send_request(url)
        when 200 then return true
        else
          sleep wait_between_retries(attempt)
        end
      rescue IOError => e
        warn e.message
      end
      false
    end

    def self.connect(sender) = new(sender)

    class << self
      def default
        @default ||= new(Sender.new)
      end
    end
  end
end
"""

SAMPLES["dart"] = """import 'dart:async';
import 'dart:math' as math;

const maxRetries = 3;
final _random = math.Random();
late String host;
Map<String, int> codes = {'ok': 200};

/// A client that retries.
class Client {
  Client(this.sender, {this.baseDelay = const Duration(milliseconds: 500)});

  factory Client.connect(Sender sender) => Client(sender);

  final Sender sender;
  final Duration baseDelay;

  /// How long to wait before the next retry.
  Duration waitBetweenRetries(int attempt) {
    final delay = baseDelay * math.pow(2, attempt).toInt();
    if (delay > const Duration(seconds: 30)) {
      return const Duration(seconds: 30);
    } else {
      return delay + Duration(milliseconds: _random.nextInt(10));
    }
  }

  @override
  Future<int> get(String url) async {
    for (var attempt = 0; attempt < maxRetries; attempt++) {
      final status = await sender.send(url);
      switch (status) {
        case 200:
          return status;
        default:
          await Future<void>.delayed(waitBetweenRetries(attempt));
      }
    }
    throw StateError(url);
  }

  int get attempts => maxRetries;
}

abstract class Sender {
  Future<int> send(String url);
}

enum Outcome { done, failed }

extension on String {
  bool get secure => startsWith('https');
}
"""

SAMPLES["scala"] = """package example.client

import scala.concurrent.duration._
import scala.util.{Failure, Random, Success, Try}

/** A client that retries. */
class Client(sender: Sender, baseDelay: FiniteDuration = 500.millis) {
  private val maxRetries = 3

  /** How long to wait before the next retry. */
  def waitBetweenRetries(attempt: Int): FiniteDuration = {
    val delay = baseDelay * (1L << attempt)
    if (delay > 30.seconds) {
      30.seconds
    } else {
      delay + Random.nextInt(10).millis
    }
  }

  /**
   * Gets.
   */
  def get(url: String): Int =
    (0 until maxRetries)
      .map { attempt =>
        Try(sender.send(url)) match {
          case Success(status) => status
          case Failure(_) =>
            Thread.sleep(waitBetweenRetries(attempt).toMillis)
            0
        }
      }
      .max

  def describe(url: String): String =
    s"client of ${url.trim} (${maxRetries})"
}

trait Sender {
  def send(url: String): Int
}

object Client {
  def connect(sender: Sender): Client = new Client(sender)
}

sealed abstract class Outcome
case object Done extends Outcome
"""
