using System.Text;
using CoopGrid.Domain.Governance;
using Xunit;

namespace CoopGrid.Domain.Tests.Governance;

public sealed class CharterReaderTests
{
    [Fact]
    public void A_small_charter_is_read()
    {
        CharterReading reading = CharterReader.Read(
            """
            {
              "coop": "village", // the word in every id
              "timeZone": "Europe/Paris",
              "classes": { "homes": { "capacity": { "unitsPerSecond": 10, "burstUnits": 40, "maxRequestUnits": 5 }, }, },
              "members": [{ "name": "Anne & Bea", "class": "homes", "entitlements": ["critical"], "senders": ["a", "b"] }],
            }
            """);
        Charter charter = reading.Charter!;
        Assert.Empty(reading.Errors);
        Assert.Equal(("village", "village", "credit", "Europe/Paris"), (charter.Coop, charter.Name, charter.Currency, charter.TimeZone));
        Assert.Equal(10, charter.FindClass("homes")!.Policy.Capacity.UnitsPerSecond);
        Assert.Equal(1, charter.FindClass("homes")!.Policy.Version);
        Assert.Null(charter.FindClass("none"));
        CharterMember member = Assert.Single(charter.Members);
        Assert.Equal(("Anne & Bea", "homes"), (member.Name, member.Class));
        Assert.Equal(["critical"], member.Entitlements);
        Assert.Equal(["a", "b"], member.Senders);
    }

    [Fact]
    public void All_errors_are_found_at_once()
    {
        CharterReading reading = CharterReader.Read(
            """
            {
              "coop": "Village",
              "timezone": "UTC",
              "classes": {
                "residential": {
                  "capacity": { "unitsPerSecond": 0, "burstUnits": "many", "maxRequestUnits": 5 },
                  "window": { "slices": 1.5, "slices": 3 },
                  "lanes": [{ "name": "standard", "guarantedPermille": 10 }],
                  "price": { "capPermille": 3000000000 },
                  "relaxedAllowed": "yes",
                },
                "Shops": { "capacity": { "unitsPerSecond": 10, "burstUnits": 20, "maxRequestUnits": 21 }, "entry": "metred" },
              },
              "members": [
                { "name": "a", "class": "residental", "senders": ["s"] },
                { "name": "a", "class": "residential", "entitlements": ["standart"], "senders": ["s", ""] },
                { "class": "residential" },
                7,
              ],
            }
            """);
        Assert.Null(reading.Charter);
        Assert.Equal(
            [
                "coop: must be a word: lower-case letters, digits, '-' and '_', starting with a letter, at most 64 characters; was \"Village\"",
                "classes.residential.window.slices: is there twice",
                "classes.residential.window.slices: must be a whole number from 1 to 10,000; was 1.5",
                "classes.residential.capacity.burstUnits: must be a whole number from 1 to 1,000,000,000,000; was \"many\"",
                "classes.residential.lanes[0].guarantedPermille: is not known here. Did you mean guaranteedPermille? "
                    + "Known: name, priority, guaranteedPermille, needsEntitlement, surgeExempt, longestWaitMs",
                "classes.residential.price.capPermille: must be a whole number from 1,000 to 1,000,000; was 3,000,000,000",
                "classes.residential.relaxedAllowed: must be true or false; was \"yes\"",
                "classes.residential.capacity.unitsPerSecond: must be a whole number from 1 to 1,000,000,000,000; was 0",
                "classes.Shops: must be a word: lower-case letters, digits, '-' and '_', starting with a letter, at most 64 characters; was \"Shops\"",
                "classes.Shops.entry: must be one of \"admitted\", \"metered\"; was \"metred\"",
                "classes.Shops.capacity.maxRequestUnits: must be at most 2, for which burstUnits (20) has room beside what it keeps back for the protected; was 21",
                "members[0].class: must be one of the charter's classes: residential, Shops; was \"residental\". Did you mean residential?",
                "members[1].senders[1]: must be a text of 1 to 128 bytes without control characters; was \"\"",
                "members[1].name: is there twice: \"a\"",
                "members[1].entitlements[0]: must be a lane of residential: standard; was \"standart\". Did you mean standard?",
                "members[1].senders[0]: is bound to \"a\" already: \"s\"",
                "members[2].name: is missing; it must be a text of 1 to 128 bytes without control characters",
                "members[3]: must be an object { … }; was 7",
                "timezone: is not known here. Did you mean timeZone? Known: coop, timeZone, name, currency, governance, classes, members",
            ],
            reading.Errors.Select(error => error.ToString()));
    }

    [Theory]
    [InlineData("{", "is not JSON, line 1, byte 2: ")]
    [InlineData("null", "must be an object { … }; was null")]
    [InlineData("{}", "coop: is missing; it must be a word")]
    [InlineData("""{ "coop": "a", "timeZone": "Mars/Base" }""", "timeZone: must be an IANA time zone")]
    [InlineData("""{ "coop": "a" }""", "classes: is missing; it must be an object of one or more classes")]
    [InlineData("""{ "coop": "a", "classes": {} }""", "classes: must hold at least one class")]
    [InlineData("""{ "coop": "a", "classes": [] }""", "classes: must be an object { … }; was a list")]
    [InlineData("""{ "coop": "a", "classes": { "b": 1 } }""", "classes.b: must be an object { … }; was 1")]
    public void The_first_error_of_a_malformed_charter(string json, string expected)
    {
        CharterReading reading = CharterReader.Read(json);
        Assert.Null(reading.Charter);
        Assert.StartsWith(expected, reading.Errors[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_text_are_refused()
    {
        byte[] json = [.. "{ \"coop\": \""u8, 0xC3, 0x28, .. "\" }"u8];
        Assert.StartsWith("is not JSON", Assert.Single(CharterReader.Read(json).Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_is_no_error()
    {
        byte[] json = [.. Encoding.UTF8.Preamble, .. "{}"u8];
        Assert.Equal("coop", CharterReader.Read(json).Errors[0].Path);
    }

    [Fact]
    public void Depth_is_bounded()
    {
        string deep = string.Concat(Enumerable.Repeat("""{"classes":""", 10_000));
        Assert.StartsWith("is not JSON", Assert.Single(CharterReader.Read(deep).Errors).ToString(), StringComparison.Ordinal);
    }
}
