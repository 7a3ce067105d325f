using CoopGrid.Domain.Billing;
using CoopGrid.Model;

namespace CoopGrid.Domain.Usage;

/// <summary>What <see cref="MemberEntryCodec"/> writes of late reports and of leaving: the order of fields is stored, and never changes.</summary>
internal static class LateCodec
{
    public static void WriteLate(EntryWriter writer, UsageReported reported)
    {
        writer.Number(reported.InTimeFrom);
        writer.Number(reported.LateEpochs.Length);
        foreach (EpochSlices epoch in reported.LateEpochs) Write(writer, epoch);
        EntryExtras.Write(writer, reported);
    }

    public static UsageReported ReadLate(ref EntryReader reader, UsageReported reported)
    {
        long from = reader.Number();
        var epochs = new EpochSlices[checked((int)reader.Number())];
        for (int i = 0; i < epochs.Length; i++) epochs[i] = ReadEpoch(ref reader);
        return EntryExtras.Read(ref reader, reported with { InTimeFrom = from, LateEpochs = [.. epochs] });
    }

    public static void WriteFinal(EntryWriter writer, FinalFigures? final)
    {
        writer.Byte(final is null ? (byte)0 : (byte)1);
        if (final is null) return;
        Write(writer, final.Epoch);
        writer.Number(final.Usage);
        writer.Number(final.MemberSlices);
        writer.Number(final.PolicyVersion);
        writer.Number(final.Tariff.FixedFee);
        writer.Number(final.Tariff.Rate);
        writer.Number(final.Tariff.ComfortPermille);
        writer.Byte((byte)final.Tariff.MeanBasis);
        writer.Number(final.Tariff.BaselineUnits);
        writer.Number(final.Tariff.CommonsPermille);
        writer.Byte(final.Previous is null ? (byte)0 : (byte)1);
        if (final.Previous is not { } previous) return;
        writer.Number(previous.Epoch);
        writer.Number(previous.Usage);
        writer.Number(previous.MemberSlices);
    }

    public static FinalFigures? ReadFinal(ref EntryReader reader)
    {
        if (reader.Byte() == 0) return null;
        EpochSlices epoch = ReadEpoch(ref reader);
        (long usage, long memberSlices) = (reader.Number(), reader.Number());
        int version = checked((int)reader.Number());
        var tariff = new TariffPolicy
        {
            FixedFee = reader.Number(),
            Rate = reader.Number(),
            ComfortPermille = reader.Number(),
            MeanBasis = (MeanBasis)reader.Byte(),
            BaselineUnits = reader.Number(),
            CommonsPermille = checked((int)reader.Number()),
        };
        EpochMean? previous = reader.Byte() == 0 ? null : new(reader.Number(), reader.Number(), reader.Number());
        return new(epoch, usage, memberSlices, version, tariff, previous);
    }

    private static void Write(EntryWriter writer, EpochSlices epoch)
    {
        writer.Number(epoch.Number);
        writer.Number(epoch.First);
        writer.Number(epoch.End);
    }

    private static EpochSlices ReadEpoch(ref EntryReader reader) => new(reader.Number(), reader.Number(), reader.Number());
}
