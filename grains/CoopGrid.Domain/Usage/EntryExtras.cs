using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Market;

namespace CoopGrid.Domain.Usage;

/// <summary>
/// What an entry of an older kind may carry besides: a kind of its own says that it does, a byte of flags says what. So the bytes of entries without them
/// are as they were.
/// </summary>
internal static class EntryExtras
{
    private const byte Banked = 1;
    private const byte OfReservation = 2;
    private const byte OfTicket = 4;

    public static bool Has(Admitted entry) => entry.Bank is not null || entry.Reservation is not null || entry.Ticket.Length > 0;

    public static bool Has(Cancelled entry) => entry.Bank is not null || entry.ReservedUnits != 0;

    public static bool Has(UsageReported entry) => entry.Bank is not null || entry.Slices.Any(slice => slice.BankedUnits != 0);

    public static void Write(EntryWriter writer, Admitted entry)
    {
        writer.Byte((byte)((entry.Bank is null ? 0 : Banked) | (entry.Reservation is null ? 0 : OfReservation) | (entry.Ticket.Length == 0 ? 0 : OfTicket)));
        if (entry.Bank is { } bank) Write(writer, bank);
        if (entry.Reservation is { } use)
        {
            writer.Number(use.SpentMicroUnits);
            writer.Number(use.LendableMicroUnits);
            writer.Number(use.At.UnixMicroseconds);
        }

        if (entry.Ticket.Length > 0) writer.Text(entry.Ticket);
    }

    public static Admitted Read(ref EntryReader reader, Admitted entry)
    {
        byte flags = Flags(ref reader, Banked | OfReservation | OfTicket);
        return entry with
        {
            Bank = (flags & Banked) != 0 ? ReadBank(ref reader) : null,
            Reservation = (flags & OfReservation) != 0 ? new ReservationUse(reader.Number(), reader.Number(), new(reader.Number())) : null,
            Ticket = (flags & OfTicket) != 0 ? reader.Text() : "",
        };
    }

    public static void Write(EntryWriter writer, Cancelled entry)
    {
        writer.Byte(entry.Bank is null ? (byte)0 : Banked);
        if (entry.Bank is { } bank) Write(writer, bank);
        writer.Number(entry.ReservedUnits);
    }

    public static Cancelled Read(ref EntryReader reader, Cancelled entry) => entry with
    {
        Bank = Flags(ref reader, Banked) != 0 ? ReadBank(ref reader) : null,
        ReservedUnits = reader.Number(),
    };

    public static void Write(EntryWriter writer, UsageReported entry)
    {
        writer.Byte(entry.Bank is null ? (byte)0 : Banked);
        if (entry.Bank is { } bank) Write(writer, bank);
        foreach (ReportedSlice slice in entry.Slices) writer.Number(slice.BankedUnits);
    }

    public static UsageReported Read(ref EntryReader reader, UsageReported entry)
    {
        BankAccount? bank = Flags(ref reader, Banked) != 0 ? ReadBank(ref reader) : null;
        var slices = entry.Slices.ToBuilder();
        for (int i = 0; i < slices.Count; i++) slices[i] = slices[i] with { BankedUnits = reader.Number() };
        return entry with { Bank = bank, Slices = slices.DrainToImmutable() };
    }

    // A flag that is not known is a field that would be missed.
    private static byte Flags(ref EntryReader reader, int known)
    {
        byte flags = reader.Byte();
        return (flags & ~known) == 0 ? flags : throw new FormatException($"The ledger holds an entry with flags {flags}, which this version does not know.");
    }

    public static void Write(EntryWriter writer, BankAccount bank)
    {
        writer.Number(bank.Saved);
        writer.Number(bank.Spent);
        writer.Number(bank.Decayed);
        writer.Number(bank.Held);
        writer.Number(bank.CarriedParts);
        writer.Number(bank.WindowSlices);
        writer.Number(bank.SettledThrough);
    }

    public static BankAccount ReadBank(ref EntryReader reader) => new(
        reader.Number(), reader.Number(), reader.Number(), reader.Number(), reader.Number(), checked((int)reader.Number()), reader.Number());
}
