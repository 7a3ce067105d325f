using System.Text;
using System.Text.Json;
using CoopGrid.Domain.Usage;

namespace CoopGrid.Domain.Billing.Exports;

/// <summary>
/// A bill as JSON, with everything that its lines are computed from: whoever has it can compute every amount again. Money stands twice: in
/// micro-credits as a whole number in a string (a reader's numbers may be floating point), and as decimal text in credits.
/// </summary>
public static class BillJson
{
    /// <summary>One object, indented; only ever added to.</summary>
    public static string Write(Bill bill, BillHeading heading)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("coop", heading.CoopName);
            json.WriteString("member", bill.Member.Member);
            json.WriteString("class", bill.Epoch.Class.Class);
            json.WriteNumber("epoch", bill.Epoch.Number);
            EpochSpan span = heading.SpanOf(bill.Epoch);
            json.WriteString("start", span.Start.ToString());
            json.WriteString("end", span.End.ToString());
            json.WriteNumber("number", bill.Number);
            json.WriteBoolean("projected", bill.IsProjected);
            json.WriteString("currency", heading.Currency);
            WriteMoney(json, "charges", bill.Charges);
            WriteMoney(json, "total", bill.Total);
            json.WriteStartArray("lines");
            foreach (BillLine line in bill.Lines) WriteLine(json, line);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void WriteMoney(Utf8JsonWriter json, string name, long microCredits)
    {
        json.WriteString(name, MicroCredits.Text(microCredits));
        WriteWhole(json, $"{name}MicroCredits", microCredits);
    }

    private static void WriteLine(Utf8JsonWriter json, BillLine line)
    {
        json.WriteStartObject();
        json.WriteString("kind", JsonNamingPolicy.CamelCase.ConvertName(line.Kind.ToString()));
        json.WriteString("class", line.Epoch.Class.Class);
        json.WriteNumber("epoch", line.Epoch.Number);
        json.WriteNumber("policyVersion", line.PolicyVersion);
        WriteInputs(json, line);
        WriteMoney(json, "amount", line.Amount);
        json.WriteEndObject();
    }

    private static void WriteInputs(Utf8JsonWriter json, BillLine line)
    {
        switch (line)
        {
            case FixedLine fee:
                WriteWhole(json, "fixedFee", fee.FixedFee);
                WriteWhole(json, "enrolledSlices", fee.EnrolledSlices);
                WriteWhole(json, "slices", fee.Slices);
                break;
            case OverageLine overage:
                WriteWhole(json, "rate", overage.Rate);
                WriteWhole(json, "comfortPermille", overage.ComfortPermille);
                WriteWhole(json, "units", overage.Units);
                WriteWhole(json, "enrolledSlices", overage.EnrolledSlices);
                WriteWhole(json, "meanEpoch", overage.Mean.Epoch);
                WriteWhole(json, "classUnits", overage.Mean.Usage);
                WriteWhole(json, "classMemberSlices", overage.Mean.MemberSlices);
                break;
            case SurchargeLine surcharge:
                WriteWhole(json, "rate", surcharge.Rate);
                WriteSurged(json, surcharge);
                break;
            case ReservationLine slot:
                json.WriteString("slotStart", slot.SlotStart.ToString());
                WriteWhole(json, "seconds", slot.Seconds);
                WriteWhole(json, "unitsPerSecond", slot.UnitsPerSecond);
                WriteWhole(json, "unitPrice", slot.UnitPrice);
                WriteCharge(json, slot, slot.Units);
                break;
            case BeyondLine beyond:
                WriteWhole(json, "rate", beyond.Rate);
                WriteWhole(json, "multiplierPermille", beyond.MultiplierPermille);
                WriteCharge(json, beyond, beyond.Units);
                break;
            case ChargeLine charge:
                if (charge.MultiplierPermille != 0) WriteWhole(json, "multiplierPermille", charge.MultiplierPermille);
                WriteCharge(json, charge, charge.Units);
                break;
            case AdjustmentLine adjustment:
                WriteWhole(json, "lateUnits", adjustment.LateUnits);
                WriteNested(json, "before", adjustment.Before);
                WriteNested(json, "after", adjustment.After);
                break;
            case CreditLine credit:
                json.WriteString("source", JsonNamingPolicy.CamelCase.ConvertName(credit.Source.ToString()));
                json.WriteString("reason", credit.Reason);
                break;
        }
    }

    private static void WriteCharge(Utf8JsonWriter json, BillLine line, long units)
    {
        WriteWhole(json, "units", units);
        json.WriteString("exactMicroCredits", line.Exact.ToString());
        json.WriteString("description", FocusRows.Description(line));
    }

    private static void WriteSurged(Utf8JsonWriter json, SurchargeLine surcharge)
    {
        json.WriteStartArray("surged");
        foreach (SurgedUnits group in surcharge.Surged)
        {
            json.WriteStartObject();
            WriteWhole(json, "multiplierPermille", group.MultiplierPermille);
            WriteWhole(json, "units", group.Units);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNested(Utf8JsonWriter json, string name, BillLine? line)
    {
        json.WritePropertyName(name);
        if (line is null) json.WriteNullValue();
        else WriteLine(json, line);
    }

    private static void WriteWhole(Utf8JsonWriter json, string name, long value) => json.WriteString(name, $"{value}");
}
