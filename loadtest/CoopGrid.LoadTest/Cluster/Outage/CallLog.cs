using CoopGrid.LoadTest.Cluster.Asking;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Cluster.Outage;

/// <summary>Everything that was asked and told.</summary>
internal sealed class CallLog(RunClock clock)
{
    private readonly List<OutageCall> _calls = [];
    private readonly Dictionary<string, long> _told = new(StringComparer.Ordinal);
    private readonly List<AdmitRequest> _unknown = [];
    private readonly Lock _lock = new();
    private int _inFlight;
    private int _mostInFlight;

    /// <summary>Milliseconds since the run began.</summary>
    public double NowMs => clock.NowMs;

    /// <summary>Calls that have ended.</summary>
    public OutageCall[] Calls
    {
        get
        {
            lock (_lock) return [.. _calls];
        }
    }

    /// <summary>Units told as admitted, by member. Only when nobody asks any more.</summary>
    public Dictionary<string, long> Told => _told;

    /// <summary>Questions without a known answer. Only when nobody asks any more.</summary>
    public IReadOnlyCollection<AdmitRequest> Unknown => _unknown;

    /// <summary>The most requests in flight at one moment since this was read last.</summary>
    public int TakeMostInFlight()
    {
        lock (_lock)
        {
            int most = _mostInFlight;
            _mostInFlight = _inFlight;
            return most;
        }
    }

    /// <returns>When the call is sent.</returns>
    public double Begin(int requests)
    {
        lock (_lock)
        {
            _inFlight += requests;
            _mostInFlight = Math.Max(_mostInFlight, _inFlight);
        }

        return NowMs;
    }

    /// <param name="replies">One for each request, in order; null if the call failed.</param>
    public void End(CallKind kind, double limitMs, double sentMs, IReadOnlyList<AdmitRequest> asked, IReadOnlyList<AdmitReply>? replies)
    {
        double ended = NowMs;
        lock (_lock)
        {
            _inFlight -= asked.Count;
            int admitted = 0, unknown = 0;
            for (int i = 0; i < asked.Count; i++)
            {
                Outcome outcome = replies is null ? Outcome.Unavailable : replies[i].Outcome;
                if (outcome == Outcome.Unavailable) unknown++;
                else if (outcome == Outcome.Admitted) admitted++;

                // What is asked again was counted when it was asked first.
                if (kind != CallKind.Again) Count(asked[i], outcome);
            }

            _calls.Add(new(kind, limitMs, sentMs, ended, asked.Count, admitted, unknown));
        }
    }

    private void Count(AdmitRequest question, Outcome outcome)
    {
        if (outcome == Outcome.Unavailable) _unknown.Add(question);
        else if (outcome == Outcome.Admitted) _told[question.Member] = _told.GetValueOrDefault(question.Member) + question.Units;
    }
}
