FROM gcr.io/shop/base:mynonrooted
CMD ["/app"]
