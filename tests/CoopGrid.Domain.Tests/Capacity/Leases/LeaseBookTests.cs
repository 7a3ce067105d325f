using CoopGrid.Domain.Capacity;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>The numbered properties of <see cref="LeaseBook"/>, one by one; <see cref="LeaseHistoryTests"/> plays them together.</summary>
public class LeaseBookTests
{
    private static readonly Lease Total = new(100, 1000);
    private readonly LeaseBook _book = new(1, Total);

    /// <summary>1 and 2.</summary>
    [Fact]
    public void What_was_sent_counts_until_the_gate_confirms()
    {
        _book.Register(1);
        _book.Register(2);
        Assert.Equal(new(70, 1000), _book.Grant(1, new(70, 5000)));
        Assert.Equal(new(30, 0), _book.Grant(2, new(70, 500)));
        _book.Confirm(1, new(20, 100));
        Assert.Equal(new(70, 500), _book.Grant(2, new(70, 500)));
        Assert.Equal(new(90, 600), _book.InUse);
        Assert.Equal(default, _book.Grant(3, Total));
    }

    /// <summary>3.</summary>
    [Fact]
    public void A_shrink_frees_capacity_only_once_it_is_confirmed()
    {
        _book.Register(1);
        _book.Register(2);
        _book.Confirm(1, _book.Grant(1, Total));
        Assert.Equal(new(40, 400), _book.Grant(1, new(40, 400)));
        Assert.Equal(default, _book.Grant(2, Total));
        _book.Confirm(1, new(40, 400));
        Assert.Equal(new(60, 600), _book.Grant(2, Total));
    }

    [Fact]
    public void A_smaller_total_waits_for_confirmations()
    {
        _book.Register(1);
        _book.Register(2);
        _book.Confirm(1, _book.Grant(1, new(50, 500)));
        _book.Confirm(2, _book.Grant(2, new(50, 500)));
        _book.SetTotal(new(60, 600));
        Assert.Equal(new(30, 300), _book.Grant(1, new(30, 300)));
        Assert.Equal(new(50, 500), _book.Grant(2, Total));
        _book.Confirm(1, new(30, 300));
        Assert.Equal(new(30, 300), _book.Grant(2, new(30, 300)));
        _book.Confirm(2, new(30, 300));
        Assert.Equal(new(60, 600), _book.InUse);
    }

    /// <summary>4.</summary>
    [Fact]
    public void While_an_earlier_gate_is_silent_nobody_gets_more_than_it_confirmed()
    {
        _book.OpenGates([1, 2]);
        _book.Register(3);
        _book.Confirm(1, new(10, 10));
        Assert.Equal(1, _book.Silent);
        Assert.Equal(new(10, 5), _book.Grant(1, new(50, 5)));
        Assert.Equal(default, _book.Grant(3, Total));
        _book.Confirm(2, new(20, 20));
        Assert.Equal(new(70, 970), _book.Grant(3, Total));
    }

    /// <summary>5.</summary>
    [Fact]
    public void A_seal_frees_what_the_gate_held_for_ever()
    {
        _book.OpenGates([1, 2]);
        _book.Confirm(1, new(10, 10));
        _book.Seal(2);
        _book.Confirm(2, new(90, 90));
        _book.Register(2);
        _book.OpenGates([2]);
        Assert.Equal([1L], _book.Gates);
        Assert.Equal(Total, _book.Grant(1, Total));
    }

    /// <summary>6.</summary>
    [Fact]
    public void A_late_report_changes_nothing_and_a_gate_must_know_the_epoch_before_it_confirms()
    {
        _book.OpenGates([1]);
        Assert.True(_book.TryAnswer(1, new(0, 7, new(30, 30)), Total, out LeaseGrant kept));
        Assert.Equal(new(1, 7, new(30, 30)), kept);
        Assert.Equal(1, _book.Silent);
        Assert.True(_book.TryAnswer(1, new(1, 8, new(30, 30)), Total, out LeaseGrant grown));
        Assert.Equal(Total, grown.Lease);
        Assert.True(_book.TryAnswer(1, new(1, 8, default), default, out LeaseGrant late));
        Assert.Equal(default, late.Lease);
        Assert.Equal(Total, _book.InUse);
        Assert.False(_book.TryAnswer(1, new(2, 9, default), Total, out _));
    }

    [Fact]
    public void A_gate_accepts_only_the_answer_to_its_latest_report_once()
    {
        var gate = new HeldLease(3);
        Assert.False(gate.Accept(new(3, 0, Total)));
        LeaseReport first = gate.Report(0);
        LeaseReport second = gate.Report(0);
        Assert.Equal(new(3, 2, default), second);
        Assert.False(gate.Accept(new(3, first.Exchange, Total)));
        Assert.False(gate.Accept(new(2, second.Exchange, Total)));
        Assert.True(gate.Accept(new(4, second.Exchange, new(1, 1))));
        Assert.False(gate.Accept(new(4, second.Exchange, Total)));
        Assert.Equal(new(4, 3, new(1, 1)), gate.Report(0));
    }

    /// <summary>Seen to fail with any shrink, and with none.</summary>
    [Fact]
    public void A_gate_that_loses_much_of_its_rate_reports_at_once()
    {
        var gate = new HeldLease(1);
        Accept(new(1600, 5));
        Assert.False(gate.ReportsAtOnce);
        Accept(new(1500, 5));
        Assert.False(gate.ReportsAtOnce);
        Accept(new(1400, 5));
        Assert.True(gate.ReportsAtOnce);
        gate.Report(0);
        Assert.False(gate.ReportsAtOnce);

        void Accept(Lease lease) => Assert.True(gate.Accept(new(1, gate.Report(0).Exchange, lease)));
    }

    /// <summary>HeldLease 3: counted from the sending of the report that was answered, not from its answer nor from a later report.</summary>
    [Fact]
    public void Relaxed_answers_end_a_second_after_the_sending_of_the_last_answered_report()
    {
        var gate = new HeldLease(1);
        Assert.Equal(long.MinValue, gate.RelaxedUntilMicros);
        gate.Report(5_000_000);
        Assert.Equal(long.MinValue, gate.RelaxedUntilMicros);
        gate.Accept(new(1, 1, Total));
        Assert.Equal(6_000_000, gate.RelaxedUntilMicros);
        gate.Report(5_500_000);
        gate.Report(5_600_000);
        gate.Accept(new(1, 2, Total));
        Assert.Equal(6_000_000, gate.RelaxedUntilMicros);
        gate.Accept(new(1, 3, Total));
        Assert.Equal(6_600_000, gate.RelaxedUntilMicros);
    }
}
