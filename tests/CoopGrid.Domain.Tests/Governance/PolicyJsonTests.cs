using System.Reflection;
using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Governance;

public sealed class PolicyJsonTests
{
    /// <summary>Records hold lists, whose equality goes by reference: they are compared member by member.</summary>
    [Fact]
    public void Reading_what_was_written_gives_the_same_value()
    {
        Policies.Any.Sample(
            policy =>
            {
                PolicyReading reading = PolicyJson.Read(PolicyJson.Write(policy), "Europe/Paris");
                Assert.Empty(reading.Errors);
                AssertSame(policy, reading.Policy!);
            },
            seed: "0000KOIKe6v3",
            iter: 2000,
            threads: 1);
    }

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        PolicyReading reading = PolicyJson.Read(
            """{ "capacity": { "unitsPerSecond": 1000, "burstUnits": 2000, "maxRequestUnits": 100 } }""", "UTC", version: 7);
        AssertSame(Policies.Valid with { Version = 7 }, reading.Policy!);
    }

    [Fact]
    public void Every_field_is_written()
    {
        string json = PolicyJson.Write(Policies.Valid with
        {
            Price = new() { TimeOfUse = [new() { Days = 0b100_0001, FromMinute = 61, ToMinute = 1440, Permille = 2000 }] },
            Weights = [new() { Dimension = "bytes", Per = 1000 }],
            Lanes = [new() { Name = "only" }],
        });
        Assert.Equal(
            """
            {
              "entry": "admitted",
              "window": {
                "sliceMs": 3600000,
                "slices": 168,
                "graceMs": 0,
                "epoch": {
                  "kind": "month",
                  "fixedMs": 0
                }
              },
              "tariff": {
                "fixedFee": 0,
                "rate": 0,
                "comfortPermille": 1000,
                "meanBasis": "sameEpoch",
                "baselineUnits": 0,
                "commonsPermille": 0
              },
              "capacity": {
                "unitsPerSecond": 1000,
                "burstUnits": 2000,
                "maxRequestUnits": 100
              },
              "lanes": [
                {
                  "name": "only",
                  "priority": "standard",
                  "guaranteedPermille": 0,
                  "needsEntitlement": false,
                  "surgeExempt": false,
                  "longestWaitMs": 100
                }
              ],
              "quota": {
                "unitsPerSecond": 0,
                "burstUnits": 0,
                "windowUnits": 0
              },
              "price": {
                "controlPeriodMs": 1000,
                "targetPermille": 800,
                "doublingPeriods": 60,
                "capPermille": 1000,
                "timeOfUse": [
                  {
                    "days": [
                      "mon",
                      "sun"
                    ],
                    "from": "01:01",
                    "to": "24:00",
                    "permille": 2000
                  }
                ]
              },
              "weights": [
                {
                  "dimension": "bytes",
                  "units": 1,
                  "per": 1000
                }
              ],
              "dedupeWindowMs": 600000,
              "relaxedAllowed": false,
              "market": {
                "slotMs": 300000,
                "gateClosureMs": 60000,
                "aheadMs": 604800000,
                "sellablePermille": 0,
                "reservePrice": 0,
                "memberCapUnitsPerSecond": 0,
                "overagePermille": 1000
              },
              "bank": {
                "sharePermille": 0,
                "capUnits": 0,
                "decayPermille": 0
              },
              "deferral": {
                "deferMinMs": 60000,
                "horizonMs": 0,
                "memberCapUnits": 1000
              }
            }
            """,
            json);
    }

    /// <summary>Fails when a record gains a property that <c>PolicyWriter</c> does not write; the version is not part of the text.</summary>
    [Theory]
    [InlineData(typeof(ClassPolicy))]
    [InlineData(typeof(WindowPolicy))]
    [InlineData(typeof(EpochPolicy))]
    [InlineData(typeof(TariffPolicy))]
    [InlineData(typeof(CapacityPolicy))]
    [InlineData(typeof(LanePolicy))]
    [InlineData(typeof(QuotaPolicy))]
    [InlineData(typeof(PricePolicy))]
    [InlineData(typeof(TouBand))]
    [InlineData(typeof(CostWeight))]
    [InlineData(typeof(MarketPolicy))]
    [InlineData(typeof(BankPolicy))]
    [InlineData(typeof(DeferralPolicy))]
    public void Every_property_has_its_field(Type record)
    {
        string json = PolicyJson.Write(Policies.Valid with
        {
            Price = new() { TimeOfUse = [new() { Days = 1, ToMinute = 60, Permille = 2000 }] },
            Weights = [new() { Dimension = "bytes" }],
        });
        string[] missing =
        [
            .. record.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Select(property => property.Name switch { "FromMinute" => "from", "ToMinute" => "to", string name => char.ToLowerInvariant(name[0]) + name[1..] })
                .Where(name => name != "version" && !json.Contains($"\"{name}\":", StringComparison.Ordinal)),
        ];
        Assert.Empty(missing);
    }

    [Theory]
    [InlineData("", "UTC", "is not JSON, line 1, byte 1: *")]
    [InlineData("[]", "UTC", "must be an object { … }; was a list")]
    [InlineData("{}", "UTC", "capacity.unitsPerSecond: is missing; it must be a whole number from 1 to 1,000,000,000,000")]
    [InlineData("""{ "capacity": 3 }""", "UTC", "capacity: must be an object { … }; was 3")]
    [InlineData("""{ "entry": "\ud800" }""", "UTC", "is not JSON: a text in it is not valid Unicode")]
    [InlineData("{}", "Europe/Pariss", "timeZone: must be an IANA time zone such as UTC or Europe/Paris; was \"Europe/Pariss\". Did you mean Europe/Paris?")]
    public void Malformed_text_is_refused_with_the_reason(string json, string timeZone, string expected)
    {
        PolicyReading reading = PolicyJson.Read(json, timeZone);
        Assert.Null(reading.Policy);
        string first = reading.Errors[0].ToString();
        if (expected.EndsWith('*')) Assert.StartsWith(expected[..^1], first, StringComparison.Ordinal);
        else Assert.Equal(expected, first);
    }

    private static void AssertSame(ClassPolicy expected, ClassPolicy actual)
    {
        Assert.Equal(expected.Lanes, actual.Lanes.AsEnumerable());
        Assert.Equal(expected.Weights, actual.Weights.AsEnumerable());
        Assert.Equal(expected.Price.TimeOfUse, actual.Price.TimeOfUse.AsEnumerable());
        Assert.Equal(expected, actual with
        {
            Lanes = expected.Lanes,
            Weights = expected.Weights,
            Price = actual.Price with { TimeOfUse = expected.Price.TimeOfUse },
        });
    }
}
