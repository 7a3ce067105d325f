namespace CoopGrid.Client;

/// <summary>How a relay reaches the grid, and how long it keeps asking.</summary>
public sealed record CoopGridOptions
{
    /// <summary>Where a silo listens by default.</summary>
    public static Uri DefaultAddress { get; } = new("http://127.0.0.1:7070");

    /// <summary>Silos of one grid, at least one. The first is asked until it fails, then the next; after the last comes the first.</summary>
    public IReadOnlyList<Uri> Addresses { get; init; } = [DefaultAddress];

    /// <summary>For how long one question about a message (admit, quote, cancel) is asked, all its retries together. Above 0.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same for everything else: accounts, classes, meters' reports. Null = <see cref="Deadline"/>.</summary>
    public TimeSpan? BooksDeadline { get; init; }

    /// <summary>After how long without an answer one attempt is given up; its outcome is then unknown. Above 0.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest pause before the first retry; it doubles with each, and each pause is drawn from its upper half.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest pause between retries.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Single calls under way at a time, at least 1. More wait for their turn, and their attempt's time begins with it: where a grid is slow for a while, calls that were given up before
    /// they were sent would keep the relay busy and the grid slow.
    /// </summary>
    public int MaxInFlight { get; init; } = 1024;

    /// <summary>At most this many requests in one message of an <see cref="AdmissionStream"/>, 1 to 4,096.</summary>
    public int StreamBatch { get; init; } = 256;

    /// <summary>
    /// Whether a member is asked for at the silo that holds it, once a reply has named that silo's address. To be switched off where a relay reaches the grid only
    /// through <see cref="Addresses"/>, as behind a load balancer.
    /// </summary>
    public bool FollowHomes { get; init; } = true;

    /// <summary>The clock behind deadlines and pauses.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Options for the addresses given as text, comma-separated.</summary>
    /// <exception cref="UriFormatException">One of them is not an absolute address.</exception>
    public static CoopGridOptions For(string addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        string[] parts = addresses.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new() { Addresses = [.. parts.Select(text => new Uri(text, UriKind.Absolute))] };
    }
}
