using System.CommandLine;
using System.Globalization;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;
using Spectre.Console;

namespace CoopGrid.Cli;

/// <summary><c>market slots | slot | bid | withdraw | cancel | buy | reservation</c>.</summary>
internal sealed class MarketCommands(Door door)
{
    private readonly Argument<string> _coop = new("COOP") { Description = "The co-op." };
    private readonly Argument<string> _class = new("CLASS") { Description = "The customer class." };
    private readonly Argument<string> _member = new("MEMBER") { Description = "The member." };
    private readonly Argument<string> _slot = new("START") { Description = "When the slot starts: 2026-12-01T18:00Z, or ms since the Unix epoch." };
    private readonly Argument<long> _units = new("UNITS") { Description = "The rate, in units per second." };
    private readonly Argument<long> _price = new("PRICE") { Description = "The highest price, in micro-credits per unit." };
    private readonly Argument<long> _bid = new("BID") { Description = "The bid's number." };
    private readonly Option<long> _replaces = new("--replaces") { Description = "The number of the bid that this one replaces." };
    private readonly Option<string> _key = new("--key", "-k") { Description = "The idempotency key; a new one if left out." };
    private readonly Option<string> _from = new("--from") { Description = "From the slot that holds this moment; default: the one that runs." };
    private readonly Option<int> _limit = new("--limit") { Description = "How many slots at most, up to 100; 0 = 12." };

    public Command All => new("market", "Capacity reserved ahead, slot by slot.")
    {
        door.Bind(new Command("slots", "A class's slots and what they cost.") { _coop, _class, _from, _limit }, ListAsync),
        door.Bind(new Command("slot", "One slot as it stands.") { _coop, _class, _slot }, ShowAsync),
        Request("bid", "Bid for a slot until its gate closes.", BidAsync, _units, _price, _replaces),
        Request("withdraw", "Take one bid back.", WithdrawAsync, _bid),
        Request("cancel", "Take all bids for a slot back.", CancelAsync),
        Request("buy", "Buy what the bids for a slot have left, until it starts.", BuyAsync, _units),
        door.Bind(new Command("reservation", "A member's bids and what it has reserved.") { _coop, _member, _slot }, ReservationAsync),
    };

    /// <summary>A request of a member about one slot.</summary>
    private Command Request(string name, string what, Func<CoopGridClient, ParseResult, CancellationToken, Task<MarketReply>> deed, params Symbol[] more)
    {
        var command = new Command(name, what) { _coop, _member, _slot };
        foreach (Argument argument in more.OfType<Argument>()) command.Add(argument);
        foreach (Option option in more.OfType<Option>().Append(_key)) command.Add(option);
        return door.Bind(command, async (client, parsed, stop) => Tell(parsed, await deed(client, parsed, stop)));
    }

    private Task<MarketReply> BidAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop) => client.Market.PlaceBidAsync(new()
    {
        Coop = parsed.GetValue(_coop)!,
        Member = parsed.GetValue(_member)!,
        SlotStartsUnixMs = Start(parsed),
        Key = Key(parsed),
        UnitsPerSecond = parsed.GetValue(_units),
        UnitPrice = parsed.GetValue(_price),
        Replaces = parsed.GetValue(_replaces),
    }, stop);

    private Task<MarketReply> WithdrawAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop) => client.Market.WithdrawBidAsync(new()
    {
        Coop = parsed.GetValue(_coop)!,
        Member = parsed.GetValue(_member)!,
        SlotStartsUnixMs = Start(parsed),
        Key = Key(parsed),
        Bid = parsed.GetValue(_bid),
    }, stop);

    private Task<MarketReply> CancelAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop) => client.Market.CancelBidsAsync(new()
    {
        Coop = parsed.GetValue(_coop)!,
        Member = parsed.GetValue(_member)!,
        SlotStartsUnixMs = Start(parsed),
        Key = Key(parsed),
    }, stop);

    private Task<MarketReply> BuyAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop) => client.Market.BuyAsync(new()
    {
        Coop = parsed.GetValue(_coop)!,
        Member = parsed.GetValue(_member)!,
        SlotStartsUnixMs = Start(parsed),
        Key = Key(parsed),
        UnitsPerSecond = parsed.GetValue(_units),
    }, stop);

    private async Task<int> ListAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        string? from = parsed.GetValue(_from);
        ListSlotsReply reply = await client.Market.ListSlotsAsync(new()
        {
            Coop = parsed.GetValue(_coop)!,
            Class = parsed.GetValue(_class)!,
            FromUnixMs = from is null ? 0 : Time("--from", from),
            Limit = parsed.GetValue(_limit),
        }, stop);
        door.Print(parsed, reply, () =>
        {
            var table = new Table().AddColumns("starts", "phase", "gate closes", "for sale, units/s", "sold", "price", "reserve");
            foreach (Slot slot in reply.Slots)
            {
                table.AddRow(
                    Sheet.Time(slot.StartsUnixMs),
                    Wire.Name(slot.Phase),
                    Sheet.Time(slot.GateClosesUnixMs),
                    Sheet.Number(slot.SellableUnitsPerSecond),
                    Cleared(slot, slot.SoldUnitsPerSecond),
                    Cleared(slot, slot.UnitPrice),
                    Sheet.Number(slot.ReservePrice));
            }

            AnsiConsole.Write(table);
        });
        return ExitCode.Ok;
    }

    private async Task<int> ShowAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        Slot slot = await client.Market.GetSlotAsync(
            new() { Coop = parsed.GetValue(_coop)!, Class = parsed.GetValue(_class)!, SlotStartsUnixMs = Start(parsed) }, stop);
        door.Print(parsed, slot, () => Print(slot));
        return ExitCode.Ok;
    }

    private async Task<int> ReservationAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        Reservation reservation = await client.Market.GetReservationAsync(
            new() { Coop = parsed.GetValue(_coop)!, Member = parsed.GetValue(_member)!, SlotStartsUnixMs = Start(parsed) }, stop);
        door.Print(parsed, reservation, () =>
        {
            Print(reservation.Slot);
            Sheet.Print(
                ("held, units/s", Sheet.Number(reservation.HeldUnitsPerSecond)),
                ("charged, units/s", Sheet.Number(reservation.ChargedUnitsPerSecond)),
                ("charge", Sheet.Number(reservation.Charge)));
            foreach (StandingBid bid in reservation.Bids)
                Console.Out.WriteLine($"bid {bid.Number}: {bid.UnitsPerSecond} units/s at up to {bid.UnitPrice}, made {Sheet.Time(bid.AtUnixMs)}");
            foreach (BidResult bid in reservation.Results)
                Console.Out.WriteLine($"bid {bid.Number}: won {bid.WonUnitsPerSecond}, rejected {bid.RejectedUnitsPerSecond}, over the cap {bid.OverCapUnitsPerSecond}");
        });
        return ExitCode.Ok;
    }

    private int Tell(ParseResult parsed, MarketReply reply)
    {
        door.Print(parsed, reply, () => Sheet.Print(
            ("outcome", Wire.Name(reply.Outcome) + (reply.Replayed ? " (replayed)" : "")),
            ("reason", reply.Reason),
            ("bid", Some(reply.Bid)),
            ("held, units/s", Some(reply.HeldUnitsPerSecond)),
            ("price", Some(reply.UnitPrice)),
            ("charge", Some(reply.Charge)),
            ("at most, units/s", Some(reply.MostUnitsPerSecond)),
            ("retry after", reply.RetryAfterMs == 0 ? "" : $"{reply.RetryAfterMs} ms")));
        return ExitCode.Of(reply.Outcome);
    }

    private static void Print(Slot slot) => Sheet.Print(
        ("starts", Sheet.Time(slot.StartsUnixMs)),
        ("ends", Sheet.Time(slot.EndsUnixMs)),
        ("phase", Wire.Name(slot.Phase)),
        ("open for bids", Sheet.Time(slot.OpensUnixMs)),
        ("gate closes", Sheet.Time(slot.GateClosesUnixMs)),
        ("for sale, units/s", Sheet.Number(slot.SellableUnitsPerSecond)),
        ("most for a member", Sheet.Number(slot.MemberCapUnitsPerSecond)),
        ("reserve price", Sheet.Number(slot.ReservePrice)),
        ("sold, units/s", Cleared(slot, slot.SoldUnitsPerSecond)),
        ("price", Cleared(slot, slot.UnitPrice)),
        ("policy version", Sheet.Number(slot.PolicyVersion)));

    private static string Cleared(Slot slot, long value) => slot.Phase < SlotPhase.OnSale ? "" : Sheet.Number(value);

    private static string Some(long value) => value == 0 ? "" : Sheet.Number(value);

    private string Key(ParseResult parsed) => parsed.GetValue(_key) ?? Guid.NewGuid().ToString("N");

    private long Start(ParseResult parsed) => Time("START", parsed.GetValue(_slot)!);

    private static long Time(string what, string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long unixMs)) return unixMs;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time.ToUnixTimeMilliseconds()
            : throw new UsageException($"{what} {text}: must be a time such as 2026-12-01T18:00Z, or ms since the Unix epoch.");
    }
}
