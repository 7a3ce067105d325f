namespace CoopGrid.Domain.Bank;

/// <summary>
/// What of each coming second is given away: units of tickets and units of reservations. Seconds are counted from the Unix epoch.
/// <list type="number">
/// <item>Kept for seconds that hold something only, in blocks of <see cref="SecondsPerBlock"/> with the least load in each: a block without a second
/// that is light enough is passed over in one look.</item>
/// <item>The earliest of H seconds with room takes at most H/64 looks at blocks and 3 · 64 at seconds, however full they are: an hour 57 and 192,
/// and less the more room there is. Giving away and taking back take at most 64.</item>
/// <item>Memory: half a kilobyte for each block with tickets, another half with reservations.</item>
/// </list>
/// Not thread-safe.
/// </summary>
public sealed class SecondLoads
{
    public const int SecondsPerBlock = 64;

    private readonly Dictionary<long, Block> _blocks = [];

    /// <summary>Looks at blocks and seconds so far: what searching has cost.</summary>
    public long Looks { get; private set; }

    /// <summary>Units of the tickets for a second.</summary>
    public long TicketUnits(long second) => Find(second) is { } block ? block.Tickets[Place(second)] : 0;

    /// <summary>Units that are reserved in a second.</summary>
    public long ReservedUnits(long second) => Find(second)?.Reserved is { } reserved ? reserved[Place(second)] : 0;

    /// <summary>The first second from <paramref name="from"/> on and before <paramref name="until"/> whose load is at most <paramref name="most"/>, or null.</summary>
    public long? Earliest(long from, long until, long most)
    {
        if (most < 0) return null;
        for (long second = from; second < until;)
        {
            Looks++;
            long end = ((second >> 6) + 1) << 6;
            if (Find(second) is not { } block) return second;
            if (block.Least <= most)
            {
                for (; second < Math.Min(end, until); second++)
                {
                    Looks++;
                    if (block.Load(Place(second)) <= most) return second;
                }
            }

            second = end;
        }

        return null;
    }

    /// <summary>Gives units of a second away to a ticket, or takes them back if negative.</summary>
    public void AddTicket(long second, long units)
    {
        Block block = Held(second);
        block.Tickets[Place(second)] += units;
        block.Weigh();
    }

    /// <summary>Sets what is reserved in each second from <paramref name="from"/> on and before <paramref name="until"/>.</summary>
    public void SetReserved(long from, long until, long units)
    {
        for (long second = from; second < until;)
        {
            long end = Math.Min(until, ((second >> 6) + 1) << 6);
            Block block = Held(second);
            block.Reserved ??= new long[SecondsPerBlock];
            Array.Fill(block.Reserved, units, Place(second), (int)(end - second));
            block.Weigh();
            second = end;
        }
    }

    /// <summary>Forgets whole blocks before a second.</summary>
    public void DropBefore(long second)
    {
        foreach (long gone in _blocks.Keys.Where(number => number < second >> 6).ToList()) _blocks.Remove(gone);
    }

    /// <summary>The seconds from <paramref name="from"/> on in which something is reserved, as spans of alike neighbours.</summary>
    public IEnumerable<ReservedSpan> ReservedFrom(long from)
    {
        ReservedSpan? span = null;
        foreach (long number in _blocks.Keys.Where(number => _blocks[number].Reserved is not null).Order())
        {
            for (int place = 0; place < SecondsPerBlock; place++)
            {
                long second = (number << 6) + place, units = _blocks[number].Reserved![place];
                if (second < from || units == 0) continue;
                if (span is { } open && open.Until == second && open.UnitsPerSecond == units)
                {
                    span = open with { Until = second + 1 };
                    continue;
                }

                if (span is { } ended) yield return ended;
                span = new(second, second + 1, units);
            }
        }

        if (span is { } last) yield return last;
    }

    private static int Place(long second) => (int)(second & (SecondsPerBlock - 1));

    private Block? Find(long second) => _blocks.GetValueOrDefault(second >> 6);

    private Block Held(long second)
    {
        if (!_blocks.TryGetValue(second >> 6, out Block? block)) _blocks.Add(second >> 6, block = new());
        return block;
    }

    private sealed class Block
    {
        public long[] Tickets { get; } = new long[SecondsPerBlock];

        public long[]? Reserved { get; set; }

        /// <summary>The least load of its seconds.</summary>
        public long Least { get; private set; }

        public long Load(int place) => Tickets[place] + (Reserved is { } reserved ? reserved[place] : 0);

        public void Weigh()
        {
            long least = Load(0);
            for (int place = 1; place < SecondsPerBlock; place++) least = Math.Min(least, Load(place));
            Least = least;
        }
    }
}

/// <summary>Seconds in which the same is reserved.</summary>
/// <param name="From">The first second, counted from the Unix epoch.</param>
/// <param name="Until">The second after the last.</param>
/// <param name="UnitsPerSecond">Above 0.</param>
public readonly record struct ReservedSpan(long From, long Until, long UnitsPerSecond);
