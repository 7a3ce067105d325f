using System.Buffers;
using System.Text;
using System.Text.Json;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary><see cref="ClassPolicy"/> → JSON: every field but the version, in the order of the record.</summary>
internal static class PolicyWriter
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static string Write(ClassPolicy policy)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, Indented)) Write(json, policy);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Writes the policy as one object.</summary>
    public static void Write(Utf8JsonWriter json, ClassPolicy policy)
    {
        json.WriteStartObject();
        json.WriteString("entry", PolicyWords.WordOf(PolicyWords.Entries, policy.Entry));
        Window(json, policy.Window);
        Tariff(json, policy.Tariff);
        json.WriteStartObject("capacity");
        json.WriteNumber("unitsPerSecond", policy.Capacity.UnitsPerSecond);
        json.WriteNumber("burstUnits", policy.Capacity.BurstUnits);
        json.WriteNumber("maxRequestUnits", policy.Capacity.MaxRequestUnits);
        json.WriteEndObject();
        List(json, "lanes", policy.Lanes, Lane);
        json.WriteStartObject("quota");
        json.WriteNumber("unitsPerSecond", policy.Quota.UnitsPerSecond);
        json.WriteNumber("burstUnits", policy.Quota.BurstUnits);
        json.WriteNumber("windowUnits", policy.Quota.WindowUnits);
        json.WriteEndObject();
        Price(json, policy.Price);
        List(json, "weights", policy.Weights, Weight);
        json.WriteNumber("dedupeWindowMs", policy.DedupeWindowMs);
        json.WriteBoolean("relaxedAllowed", policy.RelaxedAllowed);
        Market(json, policy.Market);
        json.WriteStartObject("bank");
        json.WriteNumber("sharePermille", policy.Bank.SharePermille);
        json.WriteNumber("capUnits", policy.Bank.CapUnits);
        json.WriteNumber("decayPermille", policy.Bank.DecayPermille);
        json.WriteEndObject();
        json.WriteStartObject("deferral");
        json.WriteNumber("deferMinMs", policy.Deferral.DeferMinMs);
        json.WriteNumber("horizonMs", policy.Deferral.HorizonMs);
        json.WriteNumber("memberCapUnits", policy.Deferral.MemberCapUnits);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Window(Utf8JsonWriter json, WindowPolicy window)
    {
        json.WriteStartObject("window");
        json.WriteNumber("sliceMs", window.SliceMs);
        json.WriteNumber("slices", window.Slices);
        json.WriteNumber("graceMs", window.GraceMs);
        json.WriteStartObject("epoch");
        json.WriteString("kind", PolicyWords.WordOf(PolicyWords.EpochKinds, window.Epoch.Kind));
        json.WriteNumber("fixedMs", window.Epoch.FixedMs);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Tariff(Utf8JsonWriter json, TariffPolicy tariff)
    {
        json.WriteStartObject("tariff");
        json.WriteNumber("fixedFee", tariff.FixedFee);
        json.WriteNumber("rate", tariff.Rate);
        json.WriteNumber("comfortPermille", tariff.ComfortPermille);
        json.WriteString("meanBasis", PolicyWords.WordOf(PolicyWords.MeanBases, tariff.MeanBasis));
        json.WriteNumber("baselineUnits", tariff.BaselineUnits);
        json.WriteNumber("commonsPermille", tariff.CommonsPermille);
        json.WriteEndObject();
    }

    private static void Price(Utf8JsonWriter json, PricePolicy price)
    {
        json.WriteStartObject("price");
        json.WriteNumber("controlPeriodMs", price.ControlPeriodMs);
        json.WriteNumber("targetPermille", price.TargetPermille);
        json.WriteNumber("doublingPeriods", price.DoublingPeriods);
        json.WriteNumber("capPermille", price.CapPermille);
        List(json, "timeOfUse", price.TimeOfUse, Band);
        json.WriteEndObject();
    }

    private static void Market(Utf8JsonWriter json, MarketPolicy market)
    {
        json.WriteStartObject("market");
        json.WriteNumber("slotMs", market.SlotMs);
        json.WriteNumber("gateClosureMs", market.GateClosureMs);
        json.WriteNumber("aheadMs", market.AheadMs);
        json.WriteNumber("sellablePermille", market.SellablePermille);
        json.WriteNumber("reservePrice", market.ReservePrice);
        json.WriteNumber("memberCapUnitsPerSecond", market.MemberCapUnitsPerSecond);
        json.WriteNumber("overagePermille", market.OveragePermille);
        json.WriteEndObject();
    }

    private static void Lane(Utf8JsonWriter json, LanePolicy lane)
    {
        json.WriteString("name", lane.Name);
        json.WriteString("priority", PolicyWords.WordOf(PolicyWords.Priorities, lane.Priority));
        json.WriteNumber("guaranteedPermille", lane.GuaranteedPermille);
        json.WriteBoolean("needsEntitlement", lane.NeedsEntitlement);
        json.WriteBoolean("surgeExempt", lane.SurgeExempt);
        json.WriteNumber("longestWaitMs", lane.LongestWaitMs);
    }

    private static void Band(Utf8JsonWriter json, TouBand band)
    {
        json.WriteStartArray("days");
        for (int day = 0; day < PolicyWords.Days.Length; day++)
        {
            if ((band.Days & (1 << day)) != 0) json.WriteStringValue(PolicyWords.Days[day]);
        }

        json.WriteEndArray();
        json.WriteString("from", PolicyWords.Time(band.FromMinute));
        json.WriteString("to", PolicyWords.Time(band.ToMinute));
        json.WriteNumber("permille", band.Permille);
    }

    private static void Weight(Utf8JsonWriter json, CostWeight weight)
    {
        json.WriteString("dimension", weight.Dimension);
        json.WriteNumber("units", weight.Units);
        json.WriteNumber("per", weight.Per);
    }

    private static void List<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
